package policy

import (
	"fmt"
	"slices"
	"strings"
)

// standard lists the packages of Go that a submission may import. None of them reaches
// files, the network, other processes or the memory of the tests. handouts/rules.md shows
// this list.
var standard = []string{
	"bufio", "bytes", "cmp", "container/heap", "container/list", "container/ring", "context",
	"crypto/md5", "crypto/rand", "crypto/sha1", "crypto/sha256", "crypto/sha512",
	"encoding", "encoding/base64", "encoding/binary", "encoding/gob", "encoding/hex", "encoding/json",
	"errors", "fmt", "hash", "hash/crc32", "hash/crc64", "hash/fnv", "hash/maphash",
	"io", "iter", "log", "log/slog", "maps", "math", "math/big", "math/bits", "math/rand", "math/rand/v2",
	"slices", "sort", "strconv", "strings", "sync", "sync/atomic", "text/tabwriter", "time",
	"unicode", "unicode/utf8",
}

// lab lists the packages of the lab, relative to its module.
var lab = []string{"labgob", "labrpc", "raft", "raft/raftapi", "kvraft/kvapi"}

// Imports returns the packages that every course allows.
func Imports() []string { return slices.Clone(standard) }

func (c *Checker) allowed() (all []string) {
	all = append(all, standard...)
	for _, p := range lab {
		all = append(all, c.module+"/"+p)
	}
	return append(all, c.rules.Imports...)
}

// instead says, for imports that are often tried, why they are refused and what to do
// instead.
var instead = map[string][2]string{
	"C":             {"code in C is not checked by anything", "write it in Go"},
	"unsafe":        {"it reads and writes any memory, including that of other servers and of the tests", "no part of the lab needs it"},
	"reflect":       {"it reaches private data of other packages", "name the types you mean; labgob encodes structs by itself"},
	"os":            {"a server has no files, environment or process of its own: only what the Persister holds survives a crash", "for debug prints use raftapi.Logger"},
	"flag":          {"flags belong to the process, so all servers and the tests share them", "for debug prints use raftapi.Logger"},
	"testing":       {"tests are the lab's own", "panic with a message if something must not happen"},
	"runtime":       {"a program must not depend on the machine it runs on", "to wait, sleep, or use a channel or a sync.Cond"},
	"runtime/debug": {"its settings belong to the process, so all servers and the tests share them", "leave them"},
	"net":           {"servers talk through labrpc alone", "use peers[i].Call"},
	"net/rpc":       {"servers talk through labrpc alone", "use peers[i].Call"},
	"net/http":      {"servers talk through labrpc alone", "use peers[i].Call"},
	"embed":         {"only Go files are submitted", "write the text into a constant"},
	"os/exec":       {"a server starts no other programs", "no part of the lab needs it"},
	"syscall":       {"a server has no process of its own", "no part of the lab needs it"},
	"plugin":        {"only raft/ and kvraft/ are graded", "put the code into raft/ or kvraft/"},
	"expvar":        {"its variables belong to the process, so all servers share them", "keep counts in the server's struct"},
	"unique":        {"its data belongs to the process, so all servers share it", "compare the values themselves"},
}

// imported returns a finding about an import in a package, nil if it is allowed.
func (c *Checker) imported(pkg, imports string) *Finding {
	f := &Finding{What: fmt.Sprintf("import of %q", imports), Why: "it is not on the list of packages that submissions may import", Instead: "use " + strings.Join(standard[:4], ", ") + " and the others on the list in the handout, or ask the staff to add it"}
	in, ours := strings.CutPrefix(imports, c.module+"/")
	switch {
	case slices.Contains(c.rules.Imports, imports):
		return nil
	case ours && slices.Contains(lab, in):
		if in == "raft" && pkg != "kvraft" || in == "kvraft/kvapi" && pkg == "raft" {
			f.Why, f.Instead = "Raft must not know the service above it", "keep code about keys and values in kvraft/"
			return f
		}
		return nil
	case ours:
		f.Why, f.Instead = "that part of the lab tests programs, which must not use it", "use labrpc, labgob, raft/raftapi and kvraft/kvapi"
		if strings.HasPrefix(in, "solutions") {
			f.Why, f.Instead = "students do not have the reference", "write your own"
		}
		return f
	case slices.Contains(standard, imports):
		return nil
	}
	if words, ok := instead[imports]; ok {
		f.Why, f.Instead = words[0], words[1]
	}
	return f
}
