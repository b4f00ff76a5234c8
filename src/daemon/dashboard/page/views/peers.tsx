import { showDuration } from '../../../measures.js';
import { fetchPeers, type Peer } from '../api.js';
import { Did, Problem } from '../parts.js';
import { usePolled } from '../polling.js';

/** Who is connected, over what, since when. */
export function Peers() {
  const { value: peers, error } = usePolled(fetchPeers);
  if (peers === undefined) return error === undefined ? <p>Asking …</p> : <Problem>{error.message}</Problem>;
  return (
    <>
      <p role="status">{peers.length === 0 ? 'Nobody is connected.' : `${peers.length} connected.`}</p>
      {peers.length > 0 && (
        <ul class="cards">
          {peers.map((peer) => (
            <li key={peer.remoteAddress}>
              <Who peer={peer} />
              <p>
                over <code>{peer.remoteAddress}</code>, for {showDuration(peer.openForMs)}
                {peer.rssiDbm !== null && `, signal ${peer.rssiDbm} dBm`}
              </p>
            </li>
          ))}
        </ul>
      )}
      <p>
        Everybody who was granted mediation, connected or not: <code>waypost peers accounts</code>
      </p>
    </>
  );
}

function Who({ peer: { dids, claimedDid } }: { peer: Peer }) {
  if (dids.length > 0) return dids.map((did) => <Did key={did} did={did} />);
  if (claimedDid === null) return <strong>Nobody yet: nothing was proven</strong>;
  return (
    <span>
      says, without proof: <Did did={claimedDid} />
    </span>
  );
}
