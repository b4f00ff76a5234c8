/*
 * What is the same in every page of `page.ts`. The page runs in any browser of the last ten years, from a file and
 * without a network, so the script is plain and asks for nothing.
 */

/** What the script finds in the page, as JSON. */
export interface PageData {
  /** Modules on a side, without the quiet zone. */
  readonly side: number;
  readonly quietZone: number;
  readonly framesPerSecond: number;
  /** One picture each: a bit a module, row after row, the most significant first, 1 is dark; as base64. */
  readonly pictures: readonly string[];
}

export const PAGE_STYLE = `
html, body { margin: 0; height: 100%; background: #fff; color: #1a1a1a;
  font: 16px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
body { display: flex; flex-direction: column; }
header, footer { padding: 12px 16px; text-align: center; }
h1 { margin: 0 0 4px; font-size: 18px; }
p { margin: 0; color: #444; }
main { flex: 1; min-height: 0; display: flex; align-items: center; justify-content: center; background: #fff; }
canvas { display: block; image-rendering: pixelated; }
footer { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; justify-content: center; }
label { display: inline-flex; gap: 8px; align-items: center; }
button { font: inherit; min-width: 96px; min-height: 40px; border: 1px solid #888; border-radius: 8px;
  background: #f4f4f4; color: inherit; }
output { min-width: 11em; color: #444; font-variant-numeric: tabular-nums; }
`;

export const PAGE_SCRIPT = `
'use strict';
(function () {
  var data = JSON.parse(document.getElementById('data').textContent);
  var canvas = document.getElementById('code');
  var pen = canvas.getContext('2d');
  var speed = document.getElementById('speed');
  var toggle = document.getElementById('toggle');
  var position = document.getElementById('position');
  var pictures = data.pictures.map(atob);
  var whole = data.side + 2 * data.quietZone;
  var scale = 1;
  var current = 0;
  var timer = 0;

  function draw() {
    var picture = pictures[current];
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = '#000';
    for (var i = 0; i < data.side * data.side; i++) {
      if (!((picture.charCodeAt(i >> 3) >> (7 - (i & 7))) & 1)) continue;
      var x = i % data.side, y = (i - x) / data.side;
      pen.fillRect((x + data.quietZone) * scale, (y + data.quietZone) * scale, scale, scale);
    }
    position.textContent = 'code ' + (current + 1) + ' of ' + pictures.length + ', ' + speed.value + ' a second';
  }

  // Whole pixels of the screen to a module: an uneven grid is harder to read.
  function resize() {
    var ratio = window.devicePixelRatio || 1;
    var room = canvas.parentElement;
    scale = Math.max(1, Math.floor((Math.min(room.clientWidth, room.clientHeight) * ratio) / whole));
    canvas.width = canvas.height = whole * scale;
    canvas.style.width = canvas.style.height = (whole * scale) / ratio + 'px';
    draw();
  }

  function step() {
    current = (current + 1) % pictures.length;
    draw();
    timer = setTimeout(step, 1000 / speed.value);
  }

  function setPlaying(plays) {
    clearTimeout(timer);
    timer = plays ? setTimeout(step, 1000 / speed.value) : 0;
    toggle.textContent = plays ? 'Pause' : 'Play';
  }

  function stayAwake() {
    if (navigator.wakeLock && document.visibilityState === 'visible') {
      navigator.wakeLock.request('screen').catch(function () {});
    }
  }

  toggle.addEventListener('click', function () { setPlaying(timer === 0); });
  speed.addEventListener('input', draw);
  window.addEventListener('resize', resize);
  document.addEventListener('visibilitychange', stayAwake);
  resize();
  setPlaying(pictures.length > 1);
  stayAwake();
})();
`;
