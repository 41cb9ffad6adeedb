/* Which target each place of the plane is taken to: kept, and brought up to date a few rows a picture. */

class Regions {
  constructor(across, up) {
    this.values = new Float64Array(across * up);
    Object.assign(this, { across, up, row: 0, due: 0, of: [], window: "" });
  }

  /**
   * Go on for so many milliseconds. The values are the distances of where each place is taken from the blue target and
   * from the red one, their difference: row by row from the bottom up, of a window {x, y}.
   * @returns {boolean} whether all rows are of these weights; those that are not are of weights shortly before
   */
  update(problem, weights, window, targets, milliseconds) {
    const { across, up, of } = this, until = performance.now() + milliseconds, shown = String([window.x, window.y]);
    if (of[0] !== problem || of[1] !== weights) this.due = up;
    const isNew = shown !== this.window || problem.d !== of[0]?.d || weights.N !== of[1].N; // then no row is of any use
    Object.assign(this, { of: [problem, weights], window: shown, due: isNew ? up : this.due });
    while (this.due > 0) {
      this.compute(problem, weights, window, targets);
      this.row = (this.row + 1) % up;
      this.due -= 1;
      if (!isNew && performance.now() > until) break;
    }
    return this.due === 0;
  }

  compute({ d, dt, activation }, weights, { x: [left, right], y: [low, high] }, [[b1, b2], [r1, r2]]) {
    const { across, up, row } = this, starts = new Float64Array(d * across), end = weights.N * d * across;
    for (let n = 0; n < across; n++) starts[n] = left + ((right - left) * (n + 0.5)) / across;
    starts.fill(low + ((high - low) * (row + 0.5)) / up, across, 2 * across);
    if (this.states?.s.length !== end) this.states = newStates(weights, across);
    const { x } = forward(weights, starts, dt, activation, this.states);
    for (let n = 0; n < across; n++) {
      const x1 = x[end + n], x2 = x[end + across + n];
      this.values[row * across + n] = Math.hypot(x1 - b1, x2 - b2) - Math.hypot(x1 - r1, x2 - r2);
    }
  }
}
