package raft

// persist saves the state that must survive a crash (Figure 2, persistent state),
// encoded with labgob.
func (rf *Raft) persist() {
	// Your code here (2C), like this:
	//
	//	w := new(bytes.Buffer)
	//	e := labgob.NewEncoder(w)
	//	e.Encode(rf.yyy)
	//	e.Encode(rf.zzz)
	//	rf.persister.Save(w.Bytes(), nil)
	//
	// From part 2D on, the second argument is the snapshot; nil deletes it.
}

// restore reads back the state that was saved before a crash. There is none if the
// server starts for the first time.
func (rf *Raft) restore() {
	// Your code here (2C), like this:
	//
	//	d := labgob.NewDecoder(bytes.NewReader(rf.persister.ReadRaftState()))
	//	var yyy int
	//	err := d.Decode(&yyy)
}
