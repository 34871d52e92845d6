// The servers' logs at an event, put together from the changes before it.

class Logs {
  constructor(story) {
    this.story = story;
    this.reset();
  }

  reset() {
    this.next = 0; // the first change that is not applied yet
    this.servers = Array.from({ length: this.story.servers }, () => ({ base: 0, entries: [], commit: 0, applied: 0 }));
    this.committed = new Map(); // by index: the term of the entry first shown to be committed
  }

  // moveTo applies all changes up to an event.
  moveTo(event) {
    const changes = this.story.changes;
    if (this.next > 0 && changes[this.next - 1][0] > event) this.reset();
    while (this.next < changes.length && changes[this.next][0] <= event) this.apply(changes[this.next++]);
  }

  apply(c) {
    const [, server, keep, base, commit, applied] = c;
    const log = this.servers[server];
    if (keep >= 0) log.entries.length = Math.min(log.entries.length, Math.max(0, keep - log.base));
    if (base > log.base) {
      log.entries.splice(0, base - log.base);
      log.base = base;
    }
    for (let k = 6; k < c.length; k += 3) {
      const place = c[k] - log.base - 1;
      if (place < 0) continue;
      while (log.entries.length < place) log.entries.push({ term: 0, command: -1 });
      log.entries[place] = { term: c[k + 1], command: c[k + 2] };
    }
    if (commit >= 0) { log.commit = commit; log.applied = applied; }
    for (let index = log.commit; index > log.base && !this.committed.has(index); index--) {
      const entry = this.entry(server, index);
      if (entry && entry.term > 0) this.committed.set(index, entry.term);
    }
  }

  entry(server, index) {
    const log = this.servers[server];
    return log.entries[index - log.base - 1];
  }

  last(server) { return this.servers[server].base + this.servers[server].entries.length; }

  // conflicts reports whether an entry differs from the one that is committed
  // there or, if none is, from that of the latest leader.
  conflicts(server, index, leader) {
    const entry = this.entry(server, index);
    if (!entry || entry.term === 0) return false;
    const known = this.committed.get(index);
    if (known !== undefined) return known !== entry.term;
    const other = leader >= 0 ? this.entry(leader, index) : undefined;
    return other !== undefined && other.term !== 0 && other.term !== entry.term;
  }
}
