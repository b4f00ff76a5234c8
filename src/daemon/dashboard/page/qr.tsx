import { useMemo } from 'preact/hooks';
import encodeQR from 'qr';

/** Light modules around the code, as ISO/IEC 18004 wants them. */
const QUIET_MODULES = 4;

/** A QR code, dark on light in every colour scheme: most scanners read no other. */
export function QrCode({ content, label }: { content: string; label: string }) {
  const { size, path } = useMemo(() => draw(content), [content]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function draw(content: string): { readonly size: number; readonly path: string } {
  const rows = encodeQR(content, 'raw', { ecc: 'low', border: QUIET_MODULES });
  const path = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return { size: rows.length, path };
}
