//! The gate of a signed release: `declass verify --trust`. What has no trusted signature, or is not what was
//! signed, does not pass.

use expect_test::expect;
use std::{fs, os::unix::fs::symlink, path::Path};

use declass::{formats::Sha256Digest, progress::Silent, sign::sign_folder};
use serde_json::json;

use crate::{
    process::{resnet, rewrite, run},
    signer::{Signer, findings, verify},
    tamper::release,
};

const CLAIM: &str = "class-removal.sigstore.json";

#[test]
fn a_signed_release_passes_with_and_without_the_original() {
    let signer = Signer::new();
    let ((_folder, out), trust) = (signer.release(), signer.trusted());
    let said = verify(&out, &trust, &["--json"]).exits(0).json();
    assert_eq!(
        (&said["verdict"], &said["signed"], &said["findings"]),
        (&"yes".into(), &true.into(), &json!([]))
    );
    assert_eq!(said["forgotten"], json!([{"index": 5, "label": "Sandal"}]));
    assert_eq!(said["checks"], json!(null), "nothing was measured");
    let id = signer.key.public().fingerprint();
    let signature = |file, role| json!({"file": file, "role": role, "key": id, "identity": "a@b", "stamp": null, "ignoredStamps": []});
    assert_eq!(said["signatures"], json!([signature("model.sig", "oms"), signature(CLAIM, "claim")]));
    let original = resnet();
    let said = verify(&out, &trust, &["--json", "--original", original.to_str().unwrap()]).exits(0).json();
    assert!(said["checks"].as_array().unwrap().len() > 10);
    // What git, hubs and hooks leave behind is not part of a release.
    fs::create_dir_all(out.join(".cache/huggingface")).unwrap();
    for name in [".gitattributes", ".pre-commit-config.yaml", ".cache/huggingface/config.json.metadata"] {
        fs::write(out.join(name), "* -text\n").unwrap();
    }
    verify(&out, &trust, &[]).exits(0);
}

#[test]
fn whatever_is_not_as_it_was_signed_is_found() {
    type Change = fn(&Path);
    let changes: [(Change, &[&str]); 10] = [
        (|out| flip(&out.join("model.safetensors")), &["DC2003 model.safetensors"]),
        (|out| flip(&out.join("README.md")), &["DC2003 README.md"]),
        (|out| fs::remove_file(out.join("README.md")).unwrap(), &["DC2003 README.md"]),
        (|out| fs::write(out.join("new.txt"), "").unwrap(), &["DC2004 new.txt"]),
        (|out| symlink("config.json", out.join("link")).unwrap(), &["DC2004 link"]),
        (|out| fs::remove_file(out.join("model.sig")).unwrap(), &["DC2001 model.sig"]),
        (
            |out| fs::remove_file(out.join(CLAIM)).unwrap(),
            &["DC2001 class-removal.sigstore.json", "DC2003 class-removal.sigstore.json"],
        ),
        (
            |out| {
                fs::create_dir(out.join(".cache")).unwrap();
                fs::copy(out.join("model.safetensors"), out.join(".cache/model.safetensors")).unwrap();
            },
            &["DC2011 .cache/model.safetensors"],
        ),
        (
            |out| fs::write(out.join("class-removal.statement.json"), "{}").unwrap(),
            &["DC2006 class-removal.statement.json", "DC2004 class-removal.statement.json"],
        ),
        (|out| fs::write(out.join("model.sig"), "{}").unwrap(), &["DC2002 model.sig"]),
    ];
    let signer = Signer::new();
    let trust = signer.trusted();
    for (change, expected) in changes {
        let (_folder, out) = signer.release();
        change(&out);
        assert_eq!(findings(&out, &trust, &[], 1), expected);
    }
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let last = bytes.last_mut().unwrap();
    *last ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn an_unsigned_release_does_not_pass() {
    let signer = Signer::new();
    let (_folder, out) = release();
    let found = findings(&out, &signer.trusted(), &[], 1);
    assert_eq!(found, ["DC2001 model.sig", "DC2001 class-removal.statement.json"]);
    let said = verify(&out, &signer.trusted(), &[]).exits(1).stdout;
    assert!(said.contains("the claim is UNSIGNED"), "{said}");
}

#[test]
fn signatures_of_others_and_forged_ones_do_not_count() {
    let (signer, other) = (Signer::new(), Signer::new());
    let (_folder, out) = signer.release();
    let both = ["DC2005 model.sig", "DC2005 class-removal.sigstore.json"];
    assert_eq!(findings(&out, &other.trusted(), &[], 1), both);
    // The names of the trusted key, the signature of another.
    let (_folder, foreign) = other.release();
    let (mine, theirs) = (fs::read(out.join(CLAIM)).unwrap(), fs::read(foreign.join(CLAIM)).unwrap());
    let [mut mine, theirs] =
        [mine, theirs].map(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).unwrap());
    mine["dsseEnvelope"]["signatures"][0]["sig"] = theirs["dsseEnvelope"]["signatures"][0]["sig"].clone();
    fs::write(out.join(CLAIM), mine.to_string()).unwrap();
    sign_folder(&out, &signer.key, &Silent).unwrap();
    assert_eq!(findings(&out, &signer.trusted(), &[], 1), ["DC2002 class-removal.sigstore.json"]);
}

#[test]
fn keys_count_for_their_roles_and_times_only() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    let both = ["DC2005 model.sig", "DC2005 class-removal.sigstore.json"];
    let all = "roles = [\"oms\", \"claim\"]\n";
    for (more, why) in [
        (format!("{all}not_after = 2020-01-01T00:00:00Z"), "expired on 2020-01-01T00:00:00Z"),
        (format!("{all}not_before = 2999-01-01T00:00:00+02:00"), "is not valid before 2999"),
        (format!("{all}revoked_at = 2020-01-01T00:00:00Z\nrevoked_reason = \"stolen\""), "was revoked on"),
    ] {
        let trust = signer.trust(&more);
        assert_eq!(findings(&out, &trust, &[], 1), both);
        let said = verify(&out, &trust, &[]).exits(1).stdout;
        assert!(said.contains(why), "{said}");
    }
    let trust = signer.trust("roles = [\"oms\"]");
    assert_eq!(findings(&out, &trust, &[], 1), ["DC2005 class-removal.sigstore.json"]);
    let valid = "not_before = 2020-01-01T00:00:00Z\nnot_after = 2999-01-01T00:00:00Z";
    verify(&out, &signer.trust(&format!("{all}{valid}")), &[]).exits(0);
}

#[test]
fn rules_that_are_not_understood_tell_nothing() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    verify(&out, Path::new("no-such-trust.toml"), &[]).exits(2).told(expect![[r#"
        error: rules `no-such-trust.toml`: there is no such file

        hint: is the path spelled right?
    "#]]);
    verify(&out, &signer.trust("roles = [\"king\"]"), &[]).exits(2).told(expect![[r#"
        error: rules `[FOLDER]/trust.toml`: line 6: unknown variant `king`, expected `claim` or `oms`
    "#]]);
    let wrong = signer.trusted();
    let text = fs::read_to_string(&wrong).unwrap().replace("id = \"SHA256:", "id = \"SHA256:A");
    fs::write(&wrong, text).unwrap();
    verify(&out, &wrong, &[]).exits(2).told(expect![[r#"
        error: rules `[FOLDER]/trust.toml`: key `[KEY]` is not the one in `key.pub.pem`, which is `[KEY]`
    "#]]);
    fs::copy(signer.trusted(), out.join("trust.toml")).unwrap();
    verify(&out, &out.join("trust.toml"), &[]).exits(2).told(expect![[r#"
        error: rules `[FOLDER]/out/trust.toml`: it lies in the release, which must not say itself whom to trust
    "#]]);
    run(&["verify", out.to_str().unwrap()]).exits(2).told(expect![[r#"
        error: the following required arguments were not provided:
          <--original <MODEL>|--trust <FILE>>

        Usage: declass verify <--original <MODEL>|--trust <FILE>> <RELEASE>

        For more information, try '--help'.
    "#]]);
    run(&["verify", out.to_str().unwrap(), "--policy", "x", "--original", "y"]).exits(2).told(expect![[r#"
        error: the following required arguments were not provided:
          --trust <FILE>

        Usage: declass verify --policy <FILE> <--original <MODEL>|--trust <FILE>> <RELEASE>

        For more information, try '--help'.
    "#]]);
}

#[test]
fn what_cannot_be_checked_never_passes() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    let digest = Sha256Digest::of(&fs::read(out.join("model.safetensors")).unwrap());
    let pointer = |oid| format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 1\n");
    fs::write(out.join("model.safetensors"), pointer(digest)).unwrap();
    // The model cannot be opened either.
    assert_eq!(findings(&out, &signer.trusted(), &[], 2), ["DC3001 model.safetensors", "DC3003 -"]);
    fs::write(out.join("model.safetensors"), pointer(Sha256Digest::of(b"other"))).unwrap();
    assert_eq!(findings(&out, &signer.trusted(), &[], 1), ["DC2003 model.safetensors", "DC3003 -"]);
    let (_folder, out) = signer.release();
    signer.lie(&out, |claim| claim["predicateType"] = "urn:declass:attestation:class-removal:v9".into());
    assert_eq!(findings(&out, &signer.trusted(), &[], 2), ["DC3002 -"]);
    let (_folder, out) = signer.release();
    rewrite(&out.join("model.sig"), |bundle| {
        bundle["verificationMaterial"] = json!({"x509CertificateChain": {"certificates": []}});
    });
    assert_eq!(findings(&out, &signer.trusted(), &[], 2), ["DC3002 model.sig"]);
}

#[test]
fn a_number_of_classes_that_no_list_could_have_is_no_claim() {
    let signer = Signer::new();
    let ((_folder, out), trust) = (signer.release(), signer.trusted());
    signer.lie(&out, |statement| {
        statement["predicate"]["removal"]["labelSpace"]["before"] = json!(1_000_000_000_000_000_000_u64);
    });
    assert_eq!(findings(&out, &trust, &[], 2), ["DC3002 -"]);
}

#[test]
fn a_card_may_be_edited_where_the_signature_of_the_claim_is_enough() {
    let signer = Signer::new();
    let (_folder, out) = signer.release();
    let card = out.join("README.md");
    fs::write(&card, fs::read_to_string(&card).unwrap() + "\nOne more sentence.\n").unwrap();
    assert_eq!(findings(&out, &signer.trusted(), &[], 1), ["DC2003 README.md"]);
    let trust = signer.trust("roles = [\"oms\", \"claim\"]\n[policy]\nrequire = [\"claim\"]");
    let said = verify(&out, &trust, &[]).exits(0).stdout;
    assert!(said.contains("it is not the one that was signed"), "{said}");
    // Nothing else is excused.
    fs::write(out.join("preprocessor_config.json"), "{}").unwrap();
    let found = findings(&out, &trust, &[], 1);
    assert!(found.iter().all(|it| it.contains("preprocessor_config.json")) && !found.is_empty(), "{found:?}");
}
