import { useState } from 'preact/hooks';
import type { Ability } from '../abilities.js';
import { ownInvitation } from '../agent/identity.js';
import type { WebPeer } from '../agent/web-peer.js';
import type { Bluetooth } from '../media/bluetooth.js';
import type { Camera } from '../media/camera.js';
import type { PeerStore } from '../storage/peer-store.js';
import type { Contact } from '../storage/records.js';
import { BluetoothPanel } from './bluetooth.js';
import { Carry } from './carry.js';
import { Contacts } from './contacts.js';
import { Conversation } from './conversation.js';
import { Abilities, ConnectionLine, Problem } from './parts.js';
import { useAction, useLoaded } from './view.js';

interface AppProps {
  readonly peer: WebPeer;
  readonly store: PeerStore;
  readonly bluetooth: Bluetooth;
  readonly page: URL;
  readonly camera: Camera;
  /** Of a person, from the address of the page. */
  readonly invitation: string;
  readonly abilities: readonly Ability[];
  /** Differs whenever something that is kept has changed. */
  readonly changes: number;
  onErased(): void;
}

/** The whole page, for somebody who was set up. */
export function App({ peer, store, bluetooth, page, camera, invitation, abilities, changes, onErased }: AppProps) {
  const [openDid, setOpenDid] = useState('');
  /** The camera or the screen is in use: then there is nothing else to see. */
  const [isCarrying, setCarrying] = useState(false);
  const [problem, run] = useAction();
  const contacts = useLoaded(() => store.contacts(), changes) ?? [];
  const messages = useLoaded(() => store.messages(openDid), changes, openDid) ?? [];
  const waiting = useLoaded(async () => (await store.outbox()).length, changes) ?? 0;
  const open = contacts.find(({ did }) => did === openDid);
  const openConversation = ({ did }: Contact): void => {
    setOpenDid(did);
    peer.lookAfter();
  };
  const connect = async (): Promise<void> => {
    if (await bluetooth.choose()) peer.wake();
  };
  const erase = (): void => {
    if (!confirm('Delete your keys, contacts and conversations from this browser? Nobody can bring them back.')) return;
    run(async () => {
      peer[Symbol.dispose]();
      await store.erase();
      onErased();
    });
  };
  return (
    <main>
      <h1>{peer.own.name}</h1>
      <ConnectionLine connection={peer.connection} />
      {open === undefined ? (
        <>
          {isCarrying ? null : (
            <Contacts
              peer={peer}
              camera={camera}
              contacts={contacts}
              invitation={invitation}
              ownInvitation={peer.own.isRegistered ? ownInvitation(peer.own, page) : undefined}
              onOpen={openConversation}
            />
          )}
          <Carry
            carrier={peer.carrier}
            camera={camera}
            waiting={peer.own.isRegistered ? waiting : undefined}
            onBusy={setCarrying}
          />
        </>
      ) : (
        <Conversation key={openDid} peer={peer} contact={open} messages={messages} onBack={() => setOpenDid('')} />
      )}
      <BluetoothPanel state={bluetooth.state} onChoose={connect} />
      <Abilities abilities={abilities} />
      <button type="button" onClick={erase}>
        Delete everything from this browser
      </button>
      <Problem text={problem} />
    </main>
  );
}
