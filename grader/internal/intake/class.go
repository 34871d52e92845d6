package intake

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/regular"
	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/intake/roster"
)

// ClassFolder is the content of a folder with the submissions of a class.
type ClassFolder struct {
	System  string  // origin of the folder: gradescope, canvas, moodle, or folder
	Entries []Entry // by id
	Missing []string
	// Problems are for a person to review, a line each. They may contain names.
	Problems []string
}

// Entry is one submission of a class that was not read yet.
type Entry struct {
	ID       string
	Path     string
	Late     bool      // marked as late by the system
	Time     time.Time // arrival; zero if the system does not provide it
	InRoster bool
}

// handedIn describes one submission in the folder of a system.
type handedIn struct {
	path    string
	id      string // used without a roster, or if no student matches
	shown   string // its name in a problem
	order   int    // among submissions of the same student, the highest order counts
	late    bool
	time    time.Time
	matches []func(roster.Student) bool // most reliable first
}

// ReadClassFolder lists the submissions in a folder. The folder holds a directory or
// archive for each student or team, named by its id, or is an unpacked download of
// Gradescope, Canvas or Moodle. students may be nil.
func ReadClassFolder(folder string, students *roster.Roster) (c *ClassFolder, err error) {
	err = guard.Run("listing "+folder, func() error {
		c, err = readClassFolder(folder, students)
		return err
	})
	return c, err
}

func readClassFolder(folder string, students *roster.Roster) (*ClassFolder, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; unpack it and give the folder", folder)
	}
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e fs.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".") || e.Name() == "__MACOSX"
	})
	c := &ClassFolder{}
	all, err := c.read(folder, list)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s contains no submissions; expected a directory or archive for each student or team, or an unpacked download of Gradescope, Canvas or Moodle", folder)
	}
	c.match(all, students)
	return c, nil
}

func (c *ClassFolder) read(folder string, list []fs.DirEntry) ([]handedIn, error) {
	if _, err := os.Stat(filepath.Join(folder, gradescopeFile)); err == nil {
		c.System = "gradescope"
		return c.gradescope(folder, list)
	}
	canvas, moodle := 0, 0
	for _, e := range list {
		switch {
		case e.IsDir() && moodleForm.MatchString(e.Name()):
			moodle++
		case !e.IsDir() && canvasForm.MatchString(e.Name()):
			canvas++
		}
	}
	switch {
	case moodle > 0 && moodle >= canvas:
		c.System = "moodle"
		return c.moodle(folder, list), nil
	case canvas > 0:
		c.System = "canvas"
		return c.canvas(folder, list), nil
	}
	c.System = "folder"
	return c.plain(folder, list), nil
}

func (c *ClassFolder) problem(format string, args ...any) {
	c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
}

// trimArchiveExt returns the name of an archive without its extension, "" if it is not an
// archive.
func trimArchiveExt(name string) string {
	for _, end := range []string{".zip", ".tar.gz", ".tgz"} {
		if len(name) > len(end) && strings.EqualFold(name[len(name)-len(end):], end) {
			return name[:len(name)-len(end)]
		}
	}
	return ""
}

func (c *ClassFolder) plain(folder string, list []fs.DirEntry) (all []handedIn) {
	for _, e := range list {
		name := e.Name()
		if !e.IsDir() {
			if name = trimArchiveExt(name); name == "" {
				c.problem("%s is not an archive and was skipped", sanitize.Name(e.Name()))
				continue
			}
		}
		all = append(all, handedIn{
			path: filepath.Join(folder, e.Name()), id: name, shown: e.Name(),
			matches: []func(roster.Student) bool{
				func(s roster.Student) bool {
					return strings.EqualFold(s.ID, name) || s.Team != "" && strings.EqualFold(s.Team, name)
				},
				func(s roster.Student) bool {
					user, _, _ := strings.Cut(s.Email, "@")
					return s.Email != "" && (strings.EqualFold(s.Email, name) || strings.EqualFold(user, name))
				},
			},
		})
	}
	return all
}

const gradescopeFile = "submission_metadata.yml"

// maxIndex bounds the size of the index, in bytes: about a thousand times that of a large
// class.
const maxIndex = 64 << 20

// gradescope reads the index of a download of Gradescope. Its keys are Ruby symbols.
func (c *ClassFolder) gradescope(folder string, list []fs.DirEntry) (all []handedIn, err error) {
	text, err := regular.Read(filepath.Join(folder, gradescopeFile), maxIndex)
	if err != nil {
		return nil, err
	}
	type submitter struct {
		Name  string `yaml:":name"`
		ID    string `yaml:":sid"`
		Email string `yaml:":email"`
	}
	var index map[string]struct {
		Submitters []submitter `yaml:":submitters"`
		Created    string      `yaml:":created_at"`
	}
	if err := yaml.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", gradescopeFile, err)
	}
	for _, e := range list {
		if e.Name() == gradescopeFile {
			continue
		}
		is, ok := index[e.Name()]
		if !ok {
			c.problem("%s is not listed in %s and was skipped", sanitize.Name(e.Name()), gradescopeFile)
			continue
		}
		delete(index, e.Name())
		h := handedIn{path: filepath.Join(folder, e.Name()), id: "gradescope-" + strings.TrimPrefix(e.Name(), "submission_"), shown: e.Name()}
		for _, form := range []string{"2006-01-02 15:04:05.999999999 Z", "2006-01-02 15:04:05 Z", "2006-01-02 15:04:05.999999999 -07:00", time.RFC3339Nano} {
			if t, err := time.Parse(form, is.Created); err == nil {
				h.time = t
			}
		}
		by := func(match func(roster.Student, submitter) bool) func(roster.Student) bool {
			return func(s roster.Student) bool {
				return slices.ContainsFunc(is.Submitters, func(b submitter) bool { return match(s, b) })
			}
		}
		h.matches = []func(roster.Student) bool{
			by(func(s roster.Student, b submitter) bool { return b.ID != "" && strings.EqualFold(s.ID, b.ID) }),
			by(func(s roster.Student, b submitter) bool { return b.Email != "" && strings.EqualFold(s.Email, b.Email) }),
			by(func(s roster.Student, b submitter) bool { return b.Name != "" && strings.EqualFold(s.Name, b.Name) }),
		}
		all = append(all, h)
	}
	for name := range index {
		c.problem("%s is listed in %s, but its folder is missing", sanitize.Name(name), gradescopeFile)
	}
	slices.Sort(c.Problems)
	return all, nil
}

// canvasForm matches last and first name, LATE, the user's number, the file's number, and
// the file's name.
var canvasForm = regexp.MustCompile(`^([^_]+)_(?:(LATE)_)?(\d+)_(\d+)_(.+)$`)

func (c *ClassFolder) canvas(folder string, list []fs.DirEntry) (all []handedIn) {
	for _, e := range list {
		parts := canvasForm.FindStringSubmatch(e.Name())
		if parts == nil || trimArchiveExt(e.Name()) == "" && !e.IsDir() {
			c.problem("%s is not a student's archive and was skipped", sanitize.Name(e.Name()))
			continue
		}
		who, user := parts[1], parts[3]
		number, _ := strconv.Atoi(parts[4])
		all = append(all, handedIn{
			path: filepath.Join(folder, e.Name()), id: "canvas-" + user, shown: e.Name(), order: number, late: parts[2] != "",
			matches: []func(roster.Student) bool{
				func(s roster.Student) bool { return s.System == user },
				func(s roster.Student) bool { return strings.EqualFold(s.ID, user) },
				func(s roster.Student) bool { return lastFirst(who, s.Name) },
			},
		})
	}
	return all
}

// moodleForm matches a full name and a participant's number.
var moodleForm = regexp.MustCompile(`^(.+)_(\d+)_assignsubmission_(?:file|onlinetext)_?$`)

func (c *ClassFolder) moodle(folder string, list []fs.DirEntry) (all []handedIn) {
	for _, e := range list {
		parts := moodleForm.FindStringSubmatch(e.Name())
		if parts == nil || !e.IsDir() {
			c.problem("%s is not a student's folder and was skipped", sanitize.Name(e.Name()))
			continue
		}
		name, number := parts[1], parts[2]
		h := handedIn{
			path: filepath.Join(folder, e.Name()), id: "moodle-" + number, shown: e.Name(),
			matches: []func(roster.Student) bool{
				func(s roster.Student) bool { return s.System == number },
				func(s roster.Student) bool { return squeezed(name) == squeezed(s.Name) },
			},
		}
		if inner, err := soleArchive(h.path); err == nil { // otherwise opening it reports the error
			h.path = inner
		}
		all = append(all, h)
	}
	return all
}

// soleArchive returns the archive in a folder if it is the only entry, and the folder
// otherwise.
func soleArchive(folder string) (string, error) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	if len(list) == 1 && list[0].Type().IsRegular() && trimArchiveExt(list[0].Name()) != "" {
		return filepath.Join(folder, list[0].Name()), nil
	}
	return folder, nil
}

// match finds the student or team of each submission.
func (c *ClassFolder) match(all []handedIn, students *roster.Roster) {
	slices.SortFunc(all, func(a, b handedIn) int {
		return cmp.Or(cmp.Compare(a.order, b.order), a.time.Compare(b.time), strings.Compare(a.path, b.path))
	})
	entries := map[string]Entry{}
	for _, h := range all {
		e := Entry{ID: safeID(h.id), Path: h.path, Late: h.late, Time: h.time}
		if students != nil {
			id, several := students.Match(h.matches)
			switch {
			case several:
				c.problem("%s matches several students in the roster; its id is %s", sanitize.Name(h.shown), e.ID)
			case id == "":
				c.problem("%s matches nobody in the roster; its id is %s", sanitize.Name(h.shown), e.ID)
			default:
				e.ID, e.InRoster = id, true
			}
		}
		if before, ok := entries[e.ID]; ok {
			c.problem("%s submitted %s and %s; %[3]s counts", e.ID, sanitize.Name(filepath.Base(before.Path)), sanitize.Name(filepath.Base(e.Path)))
		}
		entries[e.ID] = e
	}
	for _, e := range entries {
		c.Entries = append(c.Entries, e)
	}
	slices.SortFunc(c.Entries, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	if students == nil {
		return
	}
	for _, id := range students.Keys() {
		if _, ok := entries[id]; !ok {
			c.Missing = append(c.Missing, id)
		}
	}
}

// safeID derives an id that can be a file name from any name.
func safeID(name string) string {
	if roster.IsID(name) {
		return name
	}
	id := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, strings.ToValidUTF8(name, "-"))
	if id = strings.TrimLeft(id, "._-"); id == "" {
		id = "submission"
	}
	// Different names must have different ids.
	return fmt.Sprintf("%s-%s", id[:min(len(id), 48)], digest(name))
}

// Open reads the submission. An error becomes a problem of this submission and does not
// affect others.
func (e Entry) Open(bounds Bounds) *Submission {
	// The folder may contain an archive, as the student uploaded it.
	s, err := Open(e.Path, bounds)
	if isRejected(err) {
		if inner, only := soleArchive(e.Path); only == nil && inner != e.Path {
			s, err = Open(inner, bounds)
		}
	}
	return FromResult(e.ID, s, err)
}
