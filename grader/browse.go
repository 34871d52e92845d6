package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// browserPatience is how long a browser may take to fail. One that still runs then is
// taken to show the page.
const browserPatience = 3 * time.Second

// browse opens a page in the default browser. If none can be started, it returns an error
// with exit status 1: the page is there, and a person can open it.
func browse(terminal io.Writer, page string) error {
	path, err := filepath.Abs(page)
	if err != nil {
		return err
	}
	command, err := browser(path)
	if err == nil {
		err = start(command)
	}
	if err != nil {
		return &exit{status: 1, err: fmt.Errorf("no browser could be started: %w\nThe page is written: open %s in a browser, or name one in BROWSER", err, page)}
	}
	fmt.Fprintf(terminal, "%s: opened in a browser\n", page)
	return nil
}

// browser is the command that opens a page: of the system, or the one that BROWSER names.
func browser(page string) (*exec.Cmd, error) {
	if name := os.Getenv("BROWSER"); name != "" {
		return exec.Command(name, page), nil
	}
	switch runtime.GOOS {
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", page), nil
	case "darwin":
		return exec.Command("open", page), nil
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" { // xdg-open would start one for the terminal
		return nil, fmt.Errorf("there is no display (DISPLAY and WAYLAND_DISPLAY are not set)")
	}
	return exec.Command("xdg-open", page), nil
}

// start starts a browser, and returns an error if it fails soon.
func start(command *exec.Cmd) error {
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
	case <-time.After(browserPatience):
	}
	return nil
}
