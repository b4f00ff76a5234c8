import { describeWhere } from './describe-where.js';
import { hasMosquitto } from './mosquitto.js';

/** Declares a suite that needs Mosquitto. */
export function describeMosquitto(title: string, declare: () => void): void {
  describeWhere(hasMosquitto ? undefined : 'mosquitto is absent', title, declare);
}
