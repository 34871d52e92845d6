package attacks

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
)

// entry is one entry of an archive.
type entry struct {
	name, text, link string
}

// nothingHandedIn is the outcome of an archive without gradable files.
const nothingHandedIn = "intake"

var packageRaft = entry{name: "raft/raft.go", text: "package raft\n"}

// archives returns the attacks that are archives.
func archives() []Attack {
	many := []entry{packageRaft}
	for i := range 30_000 {
		many = append(many, entry{name: fmt.Sprintf("x/%d", i)})
	}
	return []Attack{
		zipped("archive-dotdot", "paths that lead out of the archive", packageRaft, entry{name: "../../raft/raft.go", text: "package raft\n"}),
		tarred("archive-dotdot-tar", "the same in a tar", packageRaft, entry{name: "raft/../../../x.go", text: "package raft\n"}),
		tarred("archive-absolute", "absolute paths", packageRaft, entry{name: "/tmp/raftlab-attack", text: "x"}),
		tarred("archive-link", "links out of it in the place of its files", entry{name: "raft/raft.go", link: "/etc/passwd"}, entry{name: "kvraft", link: "/etc"}),
		zipped("archive-nested", "a thousand folders in each other", entry{name: strings.Repeat("a/", 1000) + "raft/raft.go", text: "package raft\n"}),
		tarred("archive-bomb", "three hundred megabytes of zeros before its files", entry{name: "zeros", text: strings.Repeat("\x00", 300<<20)}, packageRaft),
		zipped("archive-large-file", "a source of a hundred megabytes", entry{name: "raft/raft.go", text: strings.Repeat("/", 100<<20)}),
		zipped("archive-many", "thirty thousand files", many...),
		zipped("archive-encoding", "a name that is not in UTF-8", packageRaft, entry{name: "raft/\xfcber.go", text: "package raft\n"}),
		zipped("archive-case", "names that differ by case alone", packageRaft, entry{name: "raft/Raft.go", text: "package raft\n"}),
		zipped("archive-twice", "a name twice", packageRaft, packageRaft),
		zipped("archive-empty", "nothing at all"),
		{Name: "archive-broken", About: "not an archive", Classes: []string{nothingHandedIn}, Without: []string{nothingHandedIn}, Gains: NoPoints, suffix: ".zip", archive: func(file string) error {
			return os.WriteFile(file, []byte("PK\x03\x04 and no more"), 0o644)
		}},
	}
}

func zipped(name, about string, entries ...entry) Attack {
	return Attack{Name: name, About: about, Classes: []string{nothingHandedIn}, Without: []string{nothingHandedIn}, Gains: NoPoints, suffix: ".zip", archive: func(file string) error {
		return create(file, func(f io.Writer) error {
			w := zip.NewWriter(f)
			for _, e := range entries {
				to, err := w.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Deflate})
				if err == nil {
					_, err = io.WriteString(to, e.text)
				}
				if err != nil {
					return err
				}
			}
			return w.Close()
		})
	}}
}

func tarred(name, about string, entries ...entry) Attack {
	return Attack{Name: name, About: about, Classes: []string{nothingHandedIn}, Without: []string{nothingHandedIn}, Gains: NoPoints, suffix: ".tar.gz", archive: func(file string) error {
		return create(file, func(f io.Writer) error {
			z := gzip.NewWriter(f)
			w := tar.NewWriter(z)
			for _, e := range entries {
				h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.text)), Typeflag: tar.TypeReg}
				if e.link != "" {
					h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
				}
				err := w.WriteHeader(h)
				if err == nil {
					_, err = io.WriteString(w, e.text)
				}
				if err != nil {
					return err
				}
			}
			if err := w.Close(); err != nil {
				return err
			}
			return z.Close()
		})
	}}
}

// create creates a file and calls write to fill it.
func create(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
