//! A register that other implementations made: same roots, same signatures. Its events make no sense here,
//! which is told.

use expect_test::expect;
use std::{fs, path::Path};

use base64ct::{Base64, Encoding};
use declass::register::{Event, tree};

use crate::home::{Home, copy};

fn sample(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/register").join(name)
}

#[test]
fn roots_and_signatures_are_those_of_other_implementations() {
    let home = Home::new();
    copy(&sample(""), &home.path("sample"));
    let vkey = "--vkey sample/register.vkey";
    let said = home.run(&format!("verify sample {vkey} --old sample/checkpoint.4 --json")).exits(1).json();
    for check in said["checks"].as_array().unwrap() {
        let lives = check["id"] == "life-cycles";
        assert_eq!(check["outcome"] == "passed", !lives, "{check}");
        if lives {
            assert!(check["summary"].to_string().contains("is not entered"), "{check}");
        }
    }
    assert_eq!(said["findings"][0]["code"], "DC2008");
    assert_eq!(said["findings"].as_array().unwrap().len(), 1, "{said}");
    assert_eq!(said["checks"].as_array().unwrap().len(), 6, "{said}");
    home.run(&format!("list sample {vkey}")).exits(1).told(expect![[r#"
        error: `sample`: life-cycles: entry 0: request `[SHORT]` is not entered; entry 1: request `[SHORT]` is not entered; entry 2: request `[SHORT]` is not entered; and 4 more

        hint: `declass register verify` says everything that is wrong
    "#]]);
}

#[test]
fn proofs_lead_to_the_roots_that_others_signed() {
    let text = fs::read_to_string(sample("entries.jsonl")).unwrap();
    let leaves: Vec<_> = text.lines().map(|line| tree::leaf(line.as_bytes())).collect();
    let root = |name: &str| {
        let note = fs::read_to_string(sample(name)).unwrap();
        let root = Base64::decode_vec(note.lines().nth(2).unwrap()).unwrap();
        declass::formats::Sha256Digest(root.try_into().unwrap())
    };
    let (old, new) = ((4, root("checkpoint.4")), (7, root("checkpoint")));
    assert_eq!((tree::root(&leaves[..4]), tree::root(&leaves)), (old.1, new.1));
    assert!(tree::is_consistent(old, new, &tree::consistency(&leaves, 4)));
    assert!(tree::is_consistent((0, tree::root(&[])), new, &[]));
    assert_eq!(tree::root_by_inclusion(2, 7, leaves[2], &tree::inclusion(&leaves, 2)), Some(new.1));
    let _: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
}
