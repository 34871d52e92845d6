package migrate

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"raftlab/tests/monitor"
)

// The lab reads messages by the names of the paper
// (handouts/contract.md#names-on-the-wire). Programs often use similar names, which
// are recognized by their spelling, by the list below, and by their types.

// otherNames are common names for the messages and fields of the paper, in lower
// case.
var otherNames = map[string][]string{
	"RequestVote":       {"vote", "requestvotes", "askvote", "askforvote"},
	"AppendEntries":     {"appendentry", "appendlog", "appendlogs", "appendlogentries", "appendlogentry"},
	"InstallSnapshot":   {"installsnapshots", "snapshotinstall", "sendsnapshot"},
	"CandidateId":       {"candidate", "candidateindex", "candidatenum"},
	"LeaderId":          {"leader", "leaderindex", "leadernum"},
	"LastLogIndex":      {"lastindex", "lastentryindex", "lastlogid"},
	"LastLogTerm":       {"lastterm", "lastentryterm"},
	"PrevLogIndex":      {"previndex", "previouslogindex", "previousindex", "preindex", "prelogindex", "preventryindex"},
	"PrevLogTerm":       {"prevterm", "previouslogterm", "previousterm", "preterm", "prelogterm", "preventryterm"},
	"Entries":           {"entry", "logs", "log", "logentries", "logentry", "newentries", "entrys", "entrylist"},
	"LeaderCommit":      {"leadercommitindex", "commitindex", "commit", "leadercommitid", "leadercommited", "leadercommitted"},
	"VoteGranted":       {"granted", "vote", "grantvote", "isvotegranted", "voted", "grant", "votegrant", "isgranted"},
	"Success":           {"succeed", "succeeded", "succ", "ok", "succeess", "successful", "issuccess"},
	"LastIncludedIndex": {"lastincludeindex", "lastindex", "snapshotindex", "lastsnapshotindex", "lastincludedlogindex"},
	"LastIncludedTerm":  {"lastincludeterm", "lastterm", "snapshotterm", "lastsnapshotterm", "lastincludedlogterm"},
	"Data":              {"snapshot", "snapshotdata", "snapshotbytes", "rawsnapshot", "bytes"},
	"Term":              {"currentterm", "curterm", "leaderterm", "candidateterm", "electionterm"},
}

// plainName returns a name in lower case, without underscores and without the words
// that mark a handler.
func plainName(name string) string {
	name = strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(name, "_", "")), "idx", "index")
	for _, s := range []string{"handle", "process", "on", "recv", "receive"} {
		if rest, ok := strings.CutPrefix(name, s); ok && len(rest) > 6 {
			name = rest
		}
	}
	for _, s := range []string{"rpc", "handler", "handle"} {
		if rest, ok := strings.CutSuffix(name, s); ok && len(rest) > 6 {
			name = rest
		}
	}
	return name
}

// means returns how well a name matches one of the paper's, 0 for not at all.
func means(name, paper string) int {
	plain, want := plainName(name), strings.ToLower(paper)
	switch {
	case plain == want:
		return 3
	case slices.Contains(otherNames[paper], plain):
		return 2
	case len(want) >= 7 && distance(plain, want) <= 2:
		return 1
	}
	return 0
}

// distance returns the Levenshtein distance of two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// best returns the candidate that matches one of the paper's names best, nil if none
// matches or several match equally well.
func best(candidates []types.Object, paper string) types.Object {
	var found types.Object
	top, again := 0, false
	for _, c := range candidates {
		switch fit := means(c.Name(), paper); {
		case fit > top:
			found, top, again = c, fit, false
		case fit > 0 && fit == top:
			again = true
		}
	}
	if again {
		return nil
	}
	return found
}

// names renames the handlers of a Raft, and the fields of their messages, to the
// names of the paper.
func (w *rewrite) names() {
	raft := w.types.Scope().Lookup("Raft")
	if raft == nil {
		return
	}
	handlers := handlersOf(raft)
	rename := map[types.Object]string{}
	for _, m := range monitor.Messages() {
		h := find(handlers, m.RPC)
		if h == nil {
			if h = best(handlers, m.RPC); h == nil || w.taken(raft.Type(), m.RPC) {
				continue // check reports it
			}
			rename[h] = m.RPC
		}
		sig := h.Type().(*types.Signature)
		for i, fields := range [][]string{m.Args, m.Reply} {
			w.fields(sig.Params().At(i).Type(), fields, rename)
		}
	}
	w.rename(rename)
}

// handlersOf lists the methods of a type that other servers can call.
func handlersOf(o types.Object) (all []types.Object) {
	set := types.NewMethodSet(types.NewPointer(o.Type()))
	for s := range set.Methods() {
		sig := s.Obj().Type().(*types.Signature)
		if !s.Obj().Exported() || sig.Params().Len() != 2 || sig.Results().Len() != 0 {
			continue
		}
		if p, ok := sig.Params().At(1).Type().(*types.Pointer); ok {
			if _, ok := p.Elem().Underlying().(*types.Struct); ok {
				all = append(all, s.Obj())
			}
		}
	}
	return all
}

func find(all []types.Object, name string) types.Object {
	for _, o := range all {
		if o.Name() == name {
			return o
		}
	}
	return nil
}

// taken reports whether a type has a field or a method of that name already.
func (w *rewrite) taken(t types.Type, name string) bool {
	o, _, _ := types.LookupFieldOrMethod(t, true, w.types, name)
	return o != nil
}

// fields chooses the fields of a message to rename to the given names. Unexported
// fields, which are not sent, stay as they are: to export them would change what the
// program does.
func (w *rewrite) fields(message types.Type, names []string, rename map[types.Object]string) {
	if p, ok := message.(*types.Pointer); ok {
		message = p.Elem()
	}
	s, ok := message.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for _, name := range names {
		if w.taken(message, name) {
			continue
		}
		var candidates []types.Object
		for f := range s.Fields() {
			if f.Exported() && !f.Embedded() && !slices.Contains(names, f.Name()) && rename[f] == "" && fits(f.Type(), name) {
				candidates = append(candidates, f)
			}
		}
		if f := best(candidates, name); f != nil && f.Pkg() == w.types {
			rename[f] = name
		}
	}
}

// fits reports whether a field of that type can be the paper's field of that name.
func fits(t types.Type, name string) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if name == "VoteGranted" || name == "Success" {
			return u.Info()&types.IsBoolean != 0
		}
		return name != "Entries" && name != "Data" && u.Info()&types.IsInteger != 0
	case *types.Slice:
		bytes := types.Identical(u.Elem(), types.Typ[types.Byte])
		return name == "Entries" && !bytes || name == "Data" && bytes
	}
	return false
}

// rename renames objects of the package, and handlers in the strings that calls name
// them by.
func (w *rewrite) rename(to map[types.Object]string) {
	calls := map[string]string{}
	for o, name := range to {
		if _, ok := o.(*types.Func); ok {
			calls["Raft."+o.Name()] = "Raft." + name
			w.changes.add(fmt.Sprintf("renamed the handler %s to %s", o.Name(), name))
		}
	}
	listed := map[types.Object]bool{}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Ident:
			o := w.info.Uses[n]
			if o == nil {
				o = w.info.Defs[n]
			}
			name := to[o]
			if name == "" || w.isGone(n.Pos()) {
				return
			}
			w.edits.replace(n.Pos(), n.End(), name)
			if v, ok := o.(*types.Var); ok && !listed[v] {
				listed[v] = true
				w.changes.add(fmt.Sprintf("renamed the field %s to %s", n.Name, name))
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && calls[text] != "" {
				w.edits.replace(n.Pos(), n.End(), strconv.Quote(calls[text]))
			}
		}
	})
}
