// Package intake reads submissions: a directory, a .zip or a .tar.gz, either one or those
// of a class as learning systems export them. It never unpacks an archive to the paths in
// it; it reads the Go files into memory, within bounds. Start from [Open] and
// [ReadClassFolder].
package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/regular"
	"raftlab/grader/internal/base/sanitize"
)

// Packages returns the folders that a submission fills.
func Packages() []string { return []string{"raft", "kvraft"} }

// Submission is the graded part of the work of a student or team.
type Submission struct {
	ID string // of the student or team; "" if a single submission is read
	// Files holds the content of the graded files, by their path in the lab's tree, such
	// as raft/log.go.
	Files map[string][]byte
	// Ignored lists the ignored entries, at most the first 20.
	Ignored []Ignored
	More    int // number of further ignored entries
	// Root is the folder that holds raft/ or kvraft/, "." for none.
	Root     string
	Warnings []string // for its author
	Problem  *Problem // why it cannot be graded; nil if it can
}

// Rejected says why a submission cannot be read, in words for its author.
type Rejected struct{ Why string }

func (r *Rejected) Error() string { return r.Why }

func reject(format string, args ...any) error { return &Rejected{fmt.Sprintf(format, args...)} }

// Bounds prevents submissions from filling memory. A whole lab has some hundred kilobytes.
type Bounds struct {
	Entries int   // files and folders in all, including ignored ones
	Depth   int   // nesting of folders
	File    int64 // bytes of one Go file
	GoFiles int64 // bytes of all Go files
	Total   int64 // bytes of all unpacked files
}

// DefaultBounds returns bounds that are far above what a student's tree contains.
func DefaultBounds() Bounds {
	return Bounds{Entries: 20_000, Depth: 32, File: 1 << 20, GoFiles: 8 << 20, Total: 256 << 20}
}

// Open reads a submission: a directory, or an archive, which is recognized by its
// extension. The error is a [*Rejected] if the submission is to blame, a [*guard.Fault] if
// the grader is, and any other if the machine is.
func Open(name string, bounds Bounds) (s *Submission, err error) {
	err = guard.Run("reading the submission", func() error {
		s, err = open(name, bounds)
		return err
	})
	return s, err
}

func open(name string, bounds Bounds) (*Submission, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	c := &collector{bounds: bounds, seen: map[string]string{}, vendored: map[string]bool{}}
	lower := strings.ToLower(name)
	switch {
	case info.IsDir():
		err = c.directory(name)
	case !info.Mode().IsRegular():
		err = rejectType(name, info.Mode())
	case strings.HasSuffix(lower, ".zip"):
		err = c.zip(name)
	case strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"):
		err = c.tarGz(name)
	default:
		err = reject("%s is neither a directory nor a .zip, .tar.gz or .tgz archive; make one with: go run ./grader submit", sanitize.Name(filepath.Base(name)))
	}
	if err != nil {
		var not *regular.NotRegular
		if errors.As(err, &not) { // it was replaced while it was read
			err = rejectType(name, not.Mode)
		}
		return nil, err
	}
	return c.submission()
}

// rejectType rejects what is neither a file nor a folder.
func rejectType(name string, mode fs.FileMode) error {
	return reject("%s is %s; submit a folder, or a .zip, .tar.gz or .tgz archive", sanitize.Name(filepath.Base(name)), regular.TypeName(mode))
}

// Digest identifies the content of the graded files. It is "" if there are none.
func (s *Submission) Digest() string {
	if len(s.Files) == 0 {
		return ""
	}
	h := sha256.New()
	for _, name := range s.Names() {
		fmt.Fprintf(h, "%s %d\n", name, len(s.Files[name]))
		h.Write(s.Files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Names returns the paths of the graded files in order.
func (s *Submission) Names() []string { return slices.Sorted(maps.Keys(s.Files)) }

// Has reports whether there is a graded file of a package.
func (s *Submission) Has(pkg string) bool {
	for name := range s.Files {
		if path.Dir(name) == pkg {
			return true
		}
	}
	return false
}

// entry is a Go file that was read.
type entry struct {
	name string // with forward slashes
	text []byte
}

// submission selects the graded files from all Go files.
func (c *collector) submission() (*Submission, error) {
	root, err := c.root()
	if err != nil {
		return nil, err
	}
	s := &Submission{Files: map[string][]byte{}, Ignored: c.ignored, Root: root.dir}
	for _, e := range c.entries {
		dir, base := path.Split(e.name)
		dir = path.Clean(dir)
		pkg, ok := root.packages[dir]
		switch {
		case !ok:
			s.ignore(e.name, "not directly in raft/ or kvraft/ of "+sanitize.Name(root.dir))
		case strings.HasSuffix(base, "_test.go"):
			s.ignore(e.name, "tests are the lab's own")
		case strings.HasPrefix(base, "_"), strings.HasPrefix(base, "."):
			s.ignore(e.name, "the go command does not read files with such a name")
		case !portable(base):
			return nil, reject("%s: give the file a name of at most %d ASCII letters, digits, and the characters _ - .", sanitize.Name(e.name), maxBase)
		default:
			s.Files[pkg+"/"+base] = e.text
		}
	}
	if err := s.collisions(); err != nil {
		return nil, err
	}
	if len(s.Files) == 0 {
		return nil, reject("raft/ contains no Go files except tests, which are not graded")
	}
	s.sortIgnored()
	return s, nil
}

func (s *Submission) ignore(name, why string) {
	s.Ignored = append(s.Ignored, Ignored{sanitize.Name(name), why})
}

// collisions finds names that some file systems do not distinguish.
func (s *Submission) collisions() error {
	folded := map[string]string{}
	for _, name := range s.Names() {
		key := strings.ToLower(name)
		if other, ok := folded[key]; ok {
			return reject("%s and %s differ only in upper and lower case, so they are one file on some machines; rename one", other, name)
		}
		folded[key] = name
	}
	return nil
}

// maxBase is the maximum length of the name of a graded Go file. Compiler messages and
// stacks repeat it, and file systems allow at most 255 characters.
const maxBase = 100

// portable reports whether a file name has the same meaning everywhere.
func portable(base string) bool {
	if len(base) > maxBase {
		return false
	}
	for _, r := range base {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '-', r == '.':
		default:
			return false
		}
	}
	return true
}

// root holds the locations of the packages.
type root struct {
	dir      string
	packages map[string]string // folder in the submission → package
}

// foreignDirs are folders whose raft/ is not the student's.
var foreignDirs = []string{"solutions", "vendor", "testdata", "node_modules", "__MACOSX", ".git"}

// root finds the outermost folder that holds raft/ or kvraft/. If there is none, it finds
// Go files by their package clauses.
func (c *collector) root() (root, error) {
	found := map[string][]string{} // by the folder that holds it
	for _, e := range c.entries {
		dir := path.Dir(e.name)
		if slices.Contains(Packages(), path.Base(dir)) && !c.foreign(dir) && !strings.HasSuffix(e.name, "_test.go") {
			if parent := path.Dir(dir); !slices.Contains(found[parent], dir) {
				found[parent] = append(found[parent], dir)
			}
		}
	}
	if len(found) == 0 {
		return c.loose()
	}
	outermost := -1
	var at []string
	for dir := range found {
		switch d := depth(dir); {
		case outermost < 0 || d < outermost:
			outermost, at = d, []string{dir}
		case d == outermost:
			at = append(at, dir)
		}
	}
	if len(at) > 1 {
		slices.Sort(at)
		return root{}, reject("there are several trees, in %s and in %s; submit one", sanitize.Name(at[0]), sanitize.Name(at[1]))
	}
	r := root{dir: at[0], packages: map[string]string{}}
	for _, dir := range found[at[0]] {
		r.packages[dir] = path.Base(dir)
	}
	return r, nil
}

// foreign reports whether a folder is not the student's own.
func (c *collector) foreign(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(part string) bool { return slices.Contains(foreignDirs, part) })
}

// loose finds the packages in folders with any name.
func (c *collector) loose() (root, error) {
	r := root{dir: ".", packages: map[string]string{}}
	for _, e := range c.entries {
		dir := path.Dir(e.name)
		if strings.HasSuffix(e.name, "_test.go") || c.foreign(dir) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "", e.text, parser.PackageClauseOnly)
		if err != nil || !slices.Contains(Packages(), file.Name.Name) {
			continue
		}
		if was, ok := r.packages[dir]; ok && was != file.Name.Name {
			return r, reject("%s contains files of package raft and of package kvraft; put them into the folders raft and kvraft", sanitize.Name(dir))
		}
		r.packages[dir] = file.Name.Name
	}
	of := map[string]string{}
	for dir, pkg := range r.packages {
		if other, ok := of[pkg]; ok {
			return r, reject("there is no folder raft, and files of package %s are in %s and in %s; put them into a folder %s", pkg, sanitize.Name(min(dir, other)), sanitize.Name(max(dir, other)), pkg)
		}
		of[pkg] = dir
	}
	if len(r.packages) == 0 {
		if len(c.entries) == 0 {
			return r, reject("it contains no Go files; submit the folders raft and kvraft (go run ./grader submit makes an archive of them)")
		}
		return r, reject("it has no folder raft or kvraft with Go files in it, and no file says package raft")
	}
	return r, nil
}

func depth(dir string) int {
	if dir == "." {
		return 0
	}
	return 1 + strings.Count(dir, "/")
}

// isRejected reports whether the submission is to blame for an error, not the machine.
func isRejected(err error) bool {
	var r *Rejected
	return errors.As(err, &r)
}

// digest returns a short hash of a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}
