// Checks a register with golang.org/x/mod, the reference implementation of notes and logs.
//
//	register VKEY ENTRIES CHECKPOINT OLD INDEX INCLUSION CONSISTENCY
//
// The last two are proofs as JSON, of entry INDEX, and from the checkpoint OLD on. Prints what it verified.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// hashes keeps the stored hashes of a log in memory.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, i := range indexes {
		found = append(found, h[i])
	}
	return found, nil
}

type proof struct {
	Entry string
	Path  []string
}

func main() {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(os.Args[1]))))
	must(err)
	lines := bytes.Split(bytes.TrimSuffix(read(os.Args[2]), []byte("\n")), []byte("\n"))
	tree, old := checkpoint(verifier, os.Args[3]), checkpoint(verifier, os.Args[4])
	index, err := strconv.ParseInt(os.Args[5], 10, 64)
	must(err)

	var stored hashes
	for i, line := range lines {
		more, err := tlog.StoredHashes(int64(i), line, stored)
		must(err)
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(lines)), stored)
	must(err)
	if root != tree.Hash || int64(len(lines)) != tree.N {
		fail("the root of the entries is not that of the checkpoint")
	}

	inclusion := parse(os.Args[6])
	must(tlog.CheckRecord(path(inclusion), tree.N, tree.Hash, index, tlog.RecordHash([]byte(inclusion.Entry))))
	own, err := tlog.ProveRecord(tree.N, index, stored)
	must(err)
	same(own, path(inclusion))

	consistency := path(parse(os.Args[7]))
	must(tlog.CheckTree(consistency, tree.N, tree.Hash, old.N, old.Hash))
	ownTree, err := tlog.ProveTree(tree.N, old.N, stored)
	must(err)
	same(ownTree, consistency)
	fmt.Printf("signatures, root, inclusion of %d and consistency %d to %d\n", index, old.N, tree.N)
}

// checkpoint opens a signed checkpoint; the library's own parser insists on the first line of Go's database.
func checkpoint(verifier note.Verifier, file string) tlog.Tree {
	opened, err := note.Open(read(file), note.VerifierList(verifier))
	must(err)
	_, rest, _ := strings.Cut(opened.Text, "\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	must(err)
	return tree
}

func parse(file string) (parsed proof) {
	must(json.Unmarshal(read(file), &parsed))
	return parsed
}

func path(of proof) (hashes []tlog.Hash) {
	for _, text := range of.Path {
		var hash tlog.Hash
		_, err := hex.Decode(hash[:], []byte(text))
		must(err)
		hashes = append(hashes, hash)
	}
	return hashes
}

func same(a, b []tlog.Hash) {
	if fmt.Sprint(a) != fmt.Sprint(b) {
		fail("the proof is not the one that x/mod makes")
	}
}

func read(file string) []byte {
	content, err := os.ReadFile(file)
	must(err)
	return content
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}
