package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"raftlab/grader/internal/base/labtree"
)

// lab copies the part of the lab from which programs are built.
func (g Gradescope) lab(_ context.Context, stage string) error {
	if _, err := os.Stat(filepath.Join(g.tree(), "raft", "raft_test.go")); err != nil {
		return fmt.Errorf("%s is not a tree of the lab: %w", g.tree(), err)
	}
	_, err := labtree.Copy(filepath.Join(stage, "lab"), g.tree())
	return err
}

// modules collects the libraries in the layout of Go's module proxy, from which an empty
// module cache is filled.
func (g Gradescope) modules(ctx context.Context, stage string) error {
	var is struct{ GOMODCACHE, GOPROXY string }
	text, err := output(ctx, ".", nil, "go", "env", "-json", "GOMODCACHE", "GOPROXY")
	if err == nil {
		err = json.Unmarshal(text, &is)
	}
	if err != nil {
		return err
	}
	cache := filepath.Join(stage, "cache")
	// Use this machine's module cache first.
	proxy := "file://" + filepath.ToSlash(filepath.Join(is.GOMODCACHE, "cache", "download")) + "," + is.GOPROXY
	_, err = output(ctx, filepath.Join(stage, "lab"), []string{"GOMODCACHE=" + cache, "GOPROXY=" + proxy, "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOWORK=off"},
		"go", "list", "-deps", "-test", "./raft", "./kvraft", "./tests/...")
	if err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(cache, "cache", "download"), filepath.Join(stage, "modules")); err != nil {
		return err
	}
	return os.RemoveAll(cache)
}
