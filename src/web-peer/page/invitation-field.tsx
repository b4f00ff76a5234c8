import { useState } from 'preact/hooks';
import { isWaypostError } from '../../core/errors.js';
import { readInvited } from '../agent/identity.js';
import type { Camera } from '../media/camera.js';
import { Viewfinder } from './viewfinder.js';

interface InvitationFieldProps {
  readonly label: string;
  readonly camera: Camera;
  readonly value: string;
  onValue(invitation: string): void;
}

/** An invitation, pasted or seen by the camera, and what it is. */
export function InvitationField({ label, camera, value, onValue }: InvitationFieldProps) {
  const [isScanning, setScanning] = useState(false);
  const [seen, setSeen] = useState('');
  const onCodes = async (texts: readonly string[]): Promise<void> => {
    const found = texts.find((text) => describeInvitation(text) !== undefined);
    if (found === undefined) {
      if (texts.length > 0) setSeen('The camera sees a code, and it is no invitation.');
      else setSeen('There is no code to be seen in it.');
      return;
    }
    setScanning(false);
    onValue(found);
  };
  const open = (): void => {
    setSeen('Hold the code of the invitation in front of the camera.');
    setScanning(true);
  };
  return (
    <>
      <label>
        {label}
        <textarea required rows={4} value={value} onInput={(event) => onValue(event.currentTarget.value)} />
      </label>
      <p role="status">{describeInvitation(value) ?? ''}</p>
      {isScanning ? (
        <Viewfinder camera={camera} onCodes={onCodes} onClose={() => setScanning(false)}>
          <p role="status">{seen}</p>
        </Viewfinder>
      ) : (
        <button type="button" onClick={open}>
          Scan the code
        </button>
      )}
    </>
  );
}

/** Undefined for what is no invitation. */
function describeInvitation(text: string): string | undefined {
  try {
    const { kind, invitation } = readInvited(text);
    const what = kind === 'gateway' ? 'This is the invitation of a gateway' : 'This is the invitation of a person';
    return invitation.goal === undefined ? `${what}.` : `${what}: ${invitation.goal}`;
  } catch (error) {
    if (isWaypostError(error)) return undefined;
    throw error;
  }
}
