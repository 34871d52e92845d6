// Drawing on a canvas, with sizes in CSS pixels.

class Surface {
  constructor(parent, label) {
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    parent.append(this.canvas);
    this.c = this.canvas.getContext("2d");
  }

  // begin fits the canvas to its place and clears it.
  begin() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const w = Math.round(this.width * ratio), h = Math.round(this.height * ratio);
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
    }
    this.c.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.c.clearRect(0, 0, this.width, this.height);
    return this.c;
  }
}

// Strokes collects lines by their looks and draws those of one look at once.
class Strokes {
  constructor() { this.looks = new Map(); }

  line(look, x0, y0, x1, y1) {
    let points = this.looks.get(look.key);
    if (!points) {
      points = [];
      points.look = look;
      this.looks.set(look.key, points);
    }
    points.push(x0, y0, x1, y1);
  }

  draw(c) {
    for (const points of this.looks.values()) {
      const { color, width, dash, alpha } = points.look;
      c.strokeStyle = color;
      c.lineWidth = width;
      c.globalAlpha = alpha;
      c.setLineDash(dash);
      c.beginPath();
      for (let i = 0; i < points.length; i += 4) {
        c.moveTo(points[i], points[i + 1]);
        c.lineTo(points[i + 2], points[i + 3]);
      }
      c.stroke();
    }
    c.setLineDash([]);
    c.globalAlpha = 1;
    this.looks.clear();
  }
}

// arrowHead draws the head of an arrow that ends at x, y.
function arrowHead(c, x0, y0, x, y, size) {
  const d = Math.hypot(x - x0, y - y0) || 1;
  const ux = (x - x0) / d, uy = (y - y0) / d;
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x - ux * size - uy * size * 0.45, y - uy * size + ux * size * 0.45);
  c.lineTo(x - ux * size + uy * size * 0.45, y - uy * size - ux * size * 0.45);
  c.fill();
}

// cross draws a small cross.
function cross(c, x, y, size) {
  c.beginPath();
  c.moveTo(x - size, y - size); c.lineTo(x + size, y + size);
  c.moveTo(x - size, y + size); c.lineTo(x + size, y - size);
  c.stroke();
}

// niceStep returns a round span of time that is at least so long.
function niceStep(ns) {
  let step = Math.pow(10, Math.floor(Math.log10(Math.max(ns, 1000))));
  for (const k of [1, 2, 5, 10]) if (step * k >= ns) return step * k;
  return step * 10;
}
