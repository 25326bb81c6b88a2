//! Files that lie: each breaks one rule of a parser, and each must be an error that says what is wrong.
//!
//! A parser that overflows its stack takes the whole test process down, so that nobody misses it.

mod common;

use std::{fs, os::unix::fs::symlink, os::unix::net::UnixListener, path::Path};

use common::fixture;
use declass_formats::Artifact;

/// Opens a hostile file or folder and looks for some words in the error.
fn refused(path: &Path, words: &str) {
    match Artifact::open(path) {
        Ok(_) => panic!("`{}` was opened", path.display()),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains(words), "{message}");
            assert!(!message.ends_with('.'), "{message}");
        }
    }
}

macro_rules! refuses {
    ($($name:ident: $path:literal, $words:literal;)*) => {
        $(#[test] fn $name() { refused(&fixture(concat!("hostile/", $path)), $words); })*
    };
}

mod safetensors {
    use super::*;

    refuses! {
        cut_length: "safetensors/cut-length.safetensors", "shorter than the length field";
        cut_header: "safetensors/cut-header.safetensors", "bytes, the file has 22";
        cut_data: "safetensors/cut-data.safetensors", "describes 8 bytes of data, the file has 7";
        data_left_over: "safetensors/data-left-over.safetensors", "describes 8 bytes of data, the file has 9";
        huge_header: "safetensors/huge-header.safetensors", "more than 100000000 are not read";
        header_over_limit: "safetensors/header-over-limit.safetensors", "more than 100000000 are not read";
        not_json: "safetensors/not-json.safetensors", "malformed safetensors header";
        not_an_object: "safetensors/not-an-object.safetensors", "malformed safetensors header";
        overlap: "safetensors/overlap.safetensors", "malformed safetensors header";
        gap: "safetensors/gap.safetensors", "malformed safetensors header";
        backwards: "safetensors/backwards.safetensors", "malformed safetensors header";
        shape_not_length: "safetensors/shape-not-length.safetensors", "malformed safetensors header";
        shape_overflow: "safetensors/shape-overflow.safetensors", "malformed safetensors header";
        negative_shape: "safetensors/negative-shape.safetensors", "malformed safetensors header";
        unknown_dtype: "safetensors/unknown-dtype.safetensors", "malformed safetensors header";
        name_twice: "safetensors/name-twice.safetensors", "a name occurs twice";
        deep_json: "safetensors/deep-json.safetensors", "malformed safetensors header";
    }
}

mod shards {
    use super::*;

    refuses! {
        tensor_twice: "shards/tensor-twice", "there are two tensors `a`";
        parent: "shards/parent", "leaves its folder";
        absolute: "shards/absolute", "is absolute";
        missing: "shards/missing", "two.safetensors`: No such file";
        other_shard: "shards/other-shard", "tensor `a` is not in the shard it names";
        unlisted: "shards/unlisted", "tensor `b` is not in the shard it names";
        no_map: "shards/no-map", "no object `weight_map`";
        not_a_name: "shards/not-a-name", "tensor `a` is in no named file";
    }
}

mod onnx {
    use super::*;

    refuses! {
        empty: "onnx/empty.onnx", "a model without a graph";
        no_graph: "onnx/no-graph.onnx", "a model without a graph";
        groups: "onnx/groups.onnx", "at byte 0: a group";
        groups_in_node: "onnx/groups-in-node.onnx", "a group";
        nested_graphs: "onnx/nested-graphs.onnx", "nested deeper";
        group_after_many_messages: "onnx/many-messages.onnx", "a group";
        length_past_end: "onnx/length-past-end.onnx", "reaches past the end";
        length_past_message: "onnx/length-past-message.onnx", "reaches past the end";
        length_overflow: "onnx/length-overflow.onnx", "reaches past the end";
        long_varint: "onnx/long-varint.onnx", "more than 64 bits";
        cut_varint: "onnx/cut-varint.onnx", "cut short";
        field_zero: "onnx/field-zero.onnx", "field number that is not allowed";
        wrong_wire_type: "onnx/wrong-wire-type.onnx", "not encoded as ONNX defines it";
        graph_twice: "onnx/graph-twice.onnx", "occurs again";
        ir_version_twice: "onnx/ir-version-twice.onnx", "occurs again";
        negative_dims: "onnx/negative-dims.onnx", "tensor `a`: it has a negative dimension";
        overflowing_dims: "onnx/overflowing-dims.onnx", "its shape is too large";
        overflowing_bytes: "onnx/overflowing-bytes.onnx", "its shape is too large";
        raw_data_length: "onnx/raw-data-length.onnx", "tensor `a` has 7 bytes, its shape needs 8";
        no_data: "onnx/no-data.onnx", "tensor `a` has 0 bytes, its shape needs 8";
        typed_data_length: "onnx/typed-data-length.onnx", "tensor `a` has 12 bytes, its shape needs 8";
        int_data_length: "onnx/int-data-length.onnx", "tensor `a` has 3 bytes, its shape needs 2";
        int_data_range: "onnx/int-data-range.onnx", "does not fit its element type";
        int_data_cut: "onnx/int-data-cut.onnx", "malformed ONNX";
        data_of_other_type: "onnx/data-of-other-type.onnx", "in a field for another element type";
        data_twice: "onnx/data-twice.onnx", "in a field for another element type";
        data_in_and_out: "onnx/data-in-and-out.onnx", "both inside and outside";
        unknown_type: "onnx/unknown-type.onnx", "element type 99 is unknown";
        segment: "onnx/segment.onnx", "only a segment";
        initializer_twice: "onnx/initializer-twice.onnx", "there are two tensors `a`";
        attribute_twice: "onnx/attribute-twice.onnx", "there are two attributes `axis`";
        name_not_unicode: "onnx/name-not-unicode.onnx", "malformed ONNX";
        name_too_long: "onnx/name-too-long.onnx", "a name longer than any model needs";
        external_parent: "onnx/external-parent.onnx", "leaves its folder";
        external_absolute: "onnx/external-absolute.onnx", "is absolute";
        external_empty: "onnx/external-empty.onnx", "is empty";
        external_missing: "onnx/external-missing.onnx", "nothing.data`: No such file";
        external_itself: "onnx/external-itself.onnx", "names the model itself";
        external_short: "onnx/external-short.onnx", "would end at byte 8, the file has 4";
        external_offset: "onnx/external-offset.onnx", "the file has 4";
        external_length: "onnx/external-length.onnx", "tensor `a` has 4 bytes, its shape needs 8";
        external_negative: "onnx/external-negative.onnx", "its external `offset` is not a size";
        external_in_body: "onnx/external-in-body.onnx", "leaves its folder";
    }
}

mod folders {
    use super::*;

    const EMPTY_MODEL: &[u8] = b"\x02\0\0\0\0\0\0\0{}";

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
        folder
    }

    #[test]
    fn refusals_come_in_their_order() {
        let all: [(&str, &[u8]); 4] = [
            ("adapter_config.json", b"{}"),
            ("model.gguf", b"GGUF"),
            ("pytorch_model.bin", b"PK"),
            ("a.txt", b""),
        ];
        for (from, words) in ["an adapter", "GGUF", "`pytorch_model.bin`", "no model here"].iter().enumerate()
        {
            let folder = folder(&all[from..]);
            refused(folder.path(), words);
            assert!(Artifact::open(folder.path()).unwrap_err().hint().is_some());
        }
        refused(
            folder(&[("a.safetensors", b""), ("b.safetensors", b"")]).path(),
            "`a.safetensors`, `b.safetensors`",
        );
        refused(&folder(&[("model.pt", b"PK")]).path().join("model.pt"), "pickle");
        refused(&folder(&[("notes.txt", b"")]).path().join("notes.txt"), "neither a `.safetensors` nor");
    }

    #[test]
    fn links_stay_inside() {
        let outside = folder(&[("secret.txt", b"secret"), ("model.safetensors", EMPTY_MODEL)]);
        let inside = folder(&[("model.safetensors", EMPTY_MODEL), ("real.txt", b"")]);
        let link = |target: &Path, name: &str| symlink(target, inside.path().join(name)).unwrap();
        link(Path::new("real.txt"), "alias.txt");
        assert_eq!(Artifact::open(inside.path()).unwrap().files().len(), 3);
        for (target, name) in [
            (outside.path().join("secret.txt"), "secret.txt"),
            (inside.path().join("nothing"), "broken.txt"),
            (outside.path().to_owned(), "folder"),
            (inside.path().join("loop"), "loop"),
        ] {
            link(&target, name);
            refused(inside.path(), "does not lead to a regular file");
            fs::remove_file(inside.path().join(name)).unwrap();
        }
        let linked = folder(&[]);
        symlink(outside.path().join("model.safetensors"), linked.path().join("model.safetensors")).unwrap();
        refused(&linked.path().join("model.safetensors"), "does not lead to a regular file");
    }

    #[test]
    fn only_regular_files() {
        let folder = folder(&[("model.safetensors", EMPTY_MODEL)]);
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        refused(folder.path(), "not a regular file");
    }

    #[test]
    fn endless_depth() {
        let folder = folder(&[("model.safetensors", EMPTY_MODEL)]);
        fs::create_dir_all(folder.path().join("a/".repeat(20))).unwrap();
        refused(folder.path(), "more than 16 levels");
    }

    #[test]
    fn configurations() {
        refused(folder(&[("model.safetensors", EMPTY_MODEL), ("config.json", b"[]")]).path(), "JSON object");
        refused(
            folder(&[("model.safetensors", EMPTY_MODEL), ("config.json", b"{")]).path(),
            "malformed JSON",
        );
    }
}
