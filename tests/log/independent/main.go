// Reads a log as golang.org/x/mod/sumdb does, which shares no code with Almoner.
//
//	main DIRECTORY VKEY [CHECKPOINT...]
//
// DIRECTORY holds a log in the form of C2SP tlog-tiles. Verified are the signature on its
// checkpoint, every entry's hash against tiles that lead to the signed root, the inclusion
// proofs of entries all over the log, and the consistency with each older CHECKPOINT (a file
// in DIRECTORY). The first difference ends the program with exit code 1 and a sentence.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// C2SP's tiles are 8 levels high, 256 hashes wide.
const height, width = 8, 1 << 8

func main() {
	if len(os.Args) < 3 {
		fail("write: main DIRECTORY VKEY [CHECKPOINT...]")
	}
	tree, err := verify(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fail(err.Error())
	}
	fmt.Printf("%d entries, root %s\n", tree.N, tree.Hash)
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}

func verify(dir, vkey string, older []string) (tlog.Tree, error) {
	tree, err := readCheckpoint(filepath.Join(dir, "checkpoint"), vkey)
	if err != nil {
		return tree, err
	}
	reader := tlog.TileHashReader(tree, tiles(dir))
	if root, err := tlog.TreeHash(tree.N, reader); err != nil {
		return tree, err
	} else if root != tree.Hash {
		return tree, fmt.Errorf("the tiles make the root %s, not %s", root, tree.Hash)
	}
	if err := verifyEntries(dir, tree, reader); err != nil {
		return tree, err
	}
	for _, name := range older {
		if err := verifyContinues(filepath.Join(dir, name), vkey, tree, reader); err != nil {
			return tree, fmt.Errorf("%s: %w", name, err)
		}
	}
	return tree, nil
}

// readCheckpoint opens a checkpoint's note by the log's key. (tlog.ParseTree knows the
// checksum database's origin only.)
func readCheckpoint(path, vkey string) (tlog.Tree, error) {
	var tree tlog.Tree
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tree, fmt.Errorf("%q is no checkpoint of %s", opened.Text, verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// verifyEntries holds every entry against the tiles, and proves the inclusion of some.
func verifyEntries(dir string, tree tlog.Tree, reader tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += width {
		count := tree.N - first
		if count > width {
			count = width
		}
		entries, err := readBundle(dir, first/width, int(count))
		if err != nil {
			return err
		}
		indexes := make([]int64, count)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		leaves, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			n := first + int64(i)
			leaf := tlog.RecordHash(entry)
			if leaf != leaves[i] {
				return fmt.Errorf("entry %d is not the one in its tile", n)
			}
			if n%9973 != 0 && n != tree.N-1 {
				continue
			}
			proof, err := tlog.ProveRecord(tree.N, n, reader)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaf); err != nil {
				return fmt.Errorf("entry %d: %w", n, err)
			}
		}
	}
	return nil
}

func verifyContinues(path, vkey string, tree tlog.Tree, reader tlog.HashReader) error {
	older, err := readCheckpoint(path, vkey)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, older.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash)
}

func readBundle(dir string, number int64, count int) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: -1, N: number, W: count}
	path := place(tile)
	content, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for rest := content; len(rest) > 0; {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, fmt.Errorf("%s breaks off", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		entries = append(entries, rest[2:end])
		rest = rest[end:]
	}
	if len(entries) != count {
		return nil, fmt.Errorf("%s has %d entries, not %d", path, len(entries), count)
	}
	return entries, nil
}

// place maps a tile's path: tlog's own has the height, and `data` where C2SP has `entries`.
func place(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	if tile.L < 0 {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return "tile/" + path
}

// tiles is a directory's tlog.TileReader.
type tiles string

func (dir tiles) Height() int { return height }

func (dir tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		content, err := os.ReadFile(filepath.Join(string(dir), place(tile)))
		if err != nil {
			return nil, err
		}
		if len(content) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", place(tile), len(content))
		}
		found[i] = content
	}
	return found, nil
}

func (dir tiles) SaveTiles([]tlog.Tile, [][]byte) {}
