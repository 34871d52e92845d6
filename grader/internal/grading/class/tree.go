package class

import (
	"path/filepath"

	"raftlab/grader/internal/base/labtree"
)

// labCopy returns the tree of the lab to build in, without the reference, and its version.
// It is a copy that all gradings of this user on this machine share, because the
// compiler's cache depends on file paths. If there can be no shared copy, it is one in the
// scratch directory.
func (c *Grader) labCopy(scratch string) (tree, version string, err error) {
	if c.Copy != "" {
		version, err = labtree.Version(c.Copy)
		return c.Copy, version, err
	}
	if tree, version, err = labtree.Shared(c.Tree); err != nil || tree != "" {
		return tree, version, err
	}
	tree = filepath.Join(scratch, "lab")
	version, err = labtree.Copy(tree, c.Tree)
	return tree, version, err
}
