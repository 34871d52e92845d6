package raft

// persist saves what must survive a crash (Figure 2, persistent state), encoded
// with labgob.
func (rf *Raft) persist() {
	// Your code here (2C), like this:
	//
	//	w := new(bytes.Buffer)
	//	e := labgob.NewEncoder(w)
	//	e.Encode(rf.yyy)
	//	e.Encode(rf.zzz)
	//	rf.persister.Save(w.Bytes(), nil)
	//
	// From part 2D on, the second argument is the snapshot; nil drops it.
}

// restore reads back what was saved before a crash. It finds nothing on a server
// that starts for the first time.
func (rf *Raft) restore() {
	// Your code here (2C), like this:
	//
	//	d := labgob.NewDecoder(bytes.NewReader(rf.persister.ReadRaftState()))
	//	var yyy int
	//	err := d.Decode(&yyy)
}
