package class

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"raftlab/grader/internal/atomicfile"
)

// Arrivals says when submissions were handed in, by id, as far as that is known. A
// results folder keeps it: who is late stays late when the class is graded again
// from a folder that does not say.
type Arrivals map[string]time.Time

// arrivalsName is their file in a results folder.
const arrivalsName = "arrivals.json"

// ReadArrivals returns those that a results folder knows, none if it is new.
func ReadArrivals(results string) (Arrivals, error) {
	all := Arrivals{}
	text, err := os.ReadFile(filepath.Join(results, arrivalsName))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): remove it, and give the folder that says when things were handed in", filepath.Join(results, arrivalsName), err)
	}
	return all, nil
}

// write keeps them with those that the folder knew before.
func (a Arrivals) write(results string) error {
	all, err := ReadArrivals(results)
	if err != nil || len(a) == 0 {
		return err
	}
	maps.Copy(all, a)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(results, arrivalsName), append(text, '\n'))
}
