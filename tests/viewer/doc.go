// Package viewer shows a trace: as a page that a browser opens from disk, as columns in a
// terminal, and as a picture. Start from [NewStory], which derives the state of the servers
// from a trace, and continue with [Show], [Text] or [SVG].
//
// The state is what can be seen from outside. A server's role and term are those that its
// messages and GetState show. Its log consists of the entries that leaders sent and it
// accepted, that Start returned, and that it applied. Other state of a server is not known.
package viewer
