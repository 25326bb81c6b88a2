// A witness of C2SP's tlog-witness on golang.org/x/mod, the reference implementation of notes and logs, and a reader of
// its cosignatures.
//
//	witness vkey NAME SEED                       prints the witness's public key
//	witness cosign NAME SEED VKEY STATE ASK      answers what a register asks, knowing the last size and root in STATE
//	witness read VKEY WITNESS NOTE               opens a cosigned checkpoint with both keys
//
// SEED is the private key in hexadecimal.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What C2SP calls timestamped Ed25519 cosignatures.
const algorithm = 4

// The time that every cosignature says: the first second of 2026.
const now = 1767225600

func main() {
	switch arguments := os.Args[2:]; os.Args[1] {
	case "vkey":
		name, key := arguments[0], private(arguments[1]).Public().(ed25519.PublicKey)
		typed := append([]byte{algorithm}, key...)
		fmt.Printf("%s+%08x+%s\n", name, id(name, key), base64.StdEncoding.EncodeToString(typed))
	case "cosign":
		cosign(arguments[0], private(arguments[1]), arguments[2], arguments[3], read(arguments[4]))
	case "read":
		witness := cosigner(strings.TrimSpace(string(read(arguments[1]))))
		register, err := note.NewVerifier(strings.TrimSpace(string(read(arguments[0]))))
		must(err)
		opened, err := note.Open(read(arguments[2]), note.VerifierList(register, witness))
		must(err)
		if len(opened.Sigs) != 2 {
			fail("not both have signed")
		}
		fmt.Printf("signed by %s, cosigned by %s\n", opened.Sigs[0].Name, opened.Sigs[1].Name)
	}
}

// cosign does what a witness must: the checkpoint is signed by the register and continues what was seen before.
func cosign(name string, key ed25519.PrivateKey, vkey, state string, ask []byte) {
	head, signed, found := bytes.Cut(ask, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	var old int64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); !found || err != nil {
		fail("not a request to a witness")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		digest, err := base64.StdEncoding.DecodeString(line)
		must(err)
		proof = append(proof, tlog.Hash(*(*[32]byte)(digest)))
	}
	register, err := note.NewVerifier(strings.TrimSpace(string(read(vkey))))
	must(err)
	opened, err := note.Open(signed, note.VerifierList(register))
	must(err)
	_, rest, _ := strings.Cut(opened.Text, "\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	must(err)
	seen := tlog.Tree{}
	if before, err := os.ReadFile(state); err == nil {
		seen, err = tlog.ParseTree(before)
		must(err)
	}
	if old != seen.N {
		fail(fmt.Sprintf("conflict: seen are %d entries", seen.N))
	}
	if seen.N > 0 {
		must(tlog.CheckTree(proof, tree.N, tree.Hash, seen.N, seen.Hash))
	} else if len(proof) > 0 {
		fail("a proof that nothing asks for")
	}
	must(os.WriteFile(state, tlog.FormatTree(tree), 0o644))
	signature := binary.BigEndian.AppendUint64(nil, now)
	signature = append(signature, ed25519.Sign(key, message(now, opened.Text))...)
	line := binary.BigEndian.AppendUint32(nil, id(name, key.Public().(ed25519.PublicKey)))
	fmt.Printf("— %s %s\n", name, base64.StdEncoding.EncodeToString(append(line, signature...)))
}

func message(time uint64, text string) []byte {
	return []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text))
}

// verifier makes a note.Verifier of a witness's key, which x/mod does not know itself.
type verifier struct {
	name string
	key  ed25519.PublicKey
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return id(v.name, v.key) }
func (v verifier) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(v.key, message(binary.BigEndian.Uint64(signature), string(text)), signature[8:])
}

func cosigner(vkey string) verifier {
	parts := strings.SplitN(vkey, "+", 3)
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	if len(typed) != 33 || typed[0] != algorithm {
		must(errors.New("not the key of a witness"))
	}
	return verifier{parts[0], ed25519.PublicKey(typed[1:])}
}

func id(name string, key ed25519.PublicKey) uint32 {
	digest := sha256.Sum256(append([]byte(name+"\n"), append([]byte{algorithm}, key...)...))
	return binary.BigEndian.Uint32(digest[:4])
}

func private(seed string) ed25519.PrivateKey {
	bytes, err := hex.DecodeString(seed)
	must(err)
	return ed25519.NewKeyFromSeed(bytes)
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
