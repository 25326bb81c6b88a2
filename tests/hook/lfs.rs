//! Weights that git-lfs keeps: in git there are pointers, which have the digest that was signed.

use std::{fs, path::Path, process::Command};

use declass::formats::Sha256Digest;

use crate::{
    process::finish,
    repository::{Home, findings},
};

/// Says aloud that a program is missing.
#[expect(clippy::print_stderr, reason = "a test that tried nothing must not look like one that did")]
fn has_lfs() -> bool {
    let has =
        Command::new("git").args(["lfs", "version"]).output().is_ok_and(|output| output.status.success());
    if !has {
        eprintln!("skipped: there is no git-lfs (Debian: apt install git-lfs)");
    }
    has
}

fn pointer(digest: impl std::fmt::Display) -> String {
    sized(digest, 123)
}

fn sized(digest: impl std::fmt::Display, size: u64) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n")
}

fn digest_of(file: &Path) -> Sha256Digest {
    Sha256Digest::of(&fs::read(file).unwrap())
}

#[test]
fn a_pointer_stands_for_the_file_that_it_promises() {
    let home = Home::with_release();
    let weights = home.work("release/model.safetensors");
    let (digest, size) = (digest_of(&weights), fs::metadata(&weights).unwrap().len());
    // One that nobody signed turns nothing off.
    fs::create_dir(home.work("release/.github")).unwrap();
    fs::write(home.work("release/.github/any"), pointer(digest)).unwrap();
    home.commit();
    let said = home.check("HEAD").exits(0).json();
    assert_eq!(said["refs"][0]["releases"][0]["notShown"], serde_json::Value::Null);
    // The claim has the size of the file.
    for wrong in [0, size + 1, u64::MAX] {
        fs::write(&weights, sized(digest, wrong)).unwrap();
        home.commit();
        assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2006 release/model.safetensors"], "{wrong}");
    }
    fs::write(&weights, sized(digest, size)).unwrap();
    home.commit();
    let said = home.check("HEAD").exits(0).json();
    let not_shown = said["refs"][0]["releases"][0]["notShown"].as_str().unwrap();
    assert!(not_shown.contains("`model.safetensors` is a git-lfs pointer"), "{not_shown}");
    home.git("push origin main")
        .exits(0)
        .says("limits          release: this does not show rows, labels, shapes and seal");
    // Whatever needs more than digests is not taken on trust.
    fs::write(home.path("keys/policy.toml"), "version = 1\nstructure = true").unwrap();
    let found = findings(&home.check("HEAD --policy ../keys/policy.toml").exits(2));
    assert_eq!(found, ["DC3001 release/model.safetensors"]);
    home.check("HEAD~4 --policy ../keys/policy.toml").exits(0);
    fs::write(home.path("keys/policy.toml"), "version = 1\nforgotten = [\"Coat\"]").unwrap();
    assert_eq!(findings(&home.check("HEAD --policy ../keys/policy.toml").exits(1)), ["DC2009 release"]);
}

#[test]
fn only_the_right_pointer_does() {
    let home = Home::with_release();
    let weights = home.work("release/model.safetensors");
    let (digest, other) = (digest_of(&weights), Sha256Digest::of(b"other"));
    let right = pointer(digest);
    let wrong = [
        pointer(other),
        // Not what git-lfs takes for a pointer: it would leave it as it is.
        format!("{right}more\n"),
        right.replace("\nsize", "\next-0-x sha256:00\nsize"),
        right.replace("sha256:", "sha256: "),
    ];
    for text in wrong {
        fs::write(&weights, text).unwrap();
        home.commit();
        assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2003 release/model.safetensors"]);
    }
    // A claim in the place of which there is a pointer cannot be read.
    fs::write(&weights, right).unwrap();
    let claim = home.work("release/class-removal.sigstore.json");
    let digest = digest_of(&claim);
    fs::write(&claim, pointer(digest)).unwrap();
    home.commit();
    let found = findings(&home.check("HEAD").exits(1));
    let name = "release/class-removal.sigstore.json";
    assert_eq!(found, [format!("DC2001 {name}"), format!("DC3001 {name}")]);
}

#[test]
fn what_was_signed_by_others_may_be_pointers_too() {
    let home = Home::new();
    home.trust("roles = [\"oms\"]\n[policy]\nrequire = [\"oms\"]");
    fs::create_dir(home.work("model")).unwrap();
    fs::write(home.work("model/weights.bin"), "weights").unwrap();
    home.sign_files("model");
    fs::write(home.work("model/weights.bin"), pointer(Sha256Digest::of(b"weights"))).unwrap();
    home.commit();
    home.check("HEAD --some").exits(0);
    fs::write(home.work("model/weights.bin"), pointer(Sha256Digest::of(b"Weights"))).unwrap();
    home.commit();
    assert_eq!(findings(&home.check("HEAD").exits(1)), ["DC2003 model/weights.bin"]);
}

#[test]
fn git_lfs_itself_sends_its_files_after_the_check() {
    if !has_lfs() {
        return;
    }
    // Its hook is there before ours, or would be there after it.
    for before in [true, false] {
        let home = Home::new();
        // Objects go by the disk where the remote is one.
        let url = format!("file://{}", home.path("remote.git").display()).replace(' ', "%20");
        home.git("remote remove origin").exits(0);
        home.git(&format!("remote add origin {url}")).exits(0);
        let lfs = |more: &str| home.git(&format!("lfs {more}"));
        lfs(if before { "install --local" } else { "install --local --skip-repo" }).exits(0);
        home.install("");
        assert_eq!(home.work(".git/hooks/pre-push.before-declass").exists(), before);
        fs::write(home.work(".gitattributes"), "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
            .unwrap();
        home.release("release");
        let digest = digest_of(&home.work("release/model.safetensors")).to_string();
        home.commit();
        assert!(home.git("show HEAD:release/model.safetensors").stdout.contains(&digest), "it is a pointer");
        home.git("push origin main").exits(0).says("passed: 1 release");
        let object = format!("remote.git/lfs/objects/{}/{}/{digest}", &digest[..2], &digest[2..4]);
        assert!(home.path(&object).exists(), "{object}");
        home.git_in("", &format!("clone -q {url} clone")).exits(0);
        let mut verify = home.command(env!("CARGO_BIN_EXE_declass"), "");
        finish(verify.args(["verify", "clone/release", "--trust", "keys/trust.toml"]))
            .exits(2)
            .shows("git lfs pull");
        home.flip("release/model.safetensors");
        home.commit();
        let bad = digest_of(&home.work("release/model.safetensors")).to_string();
        home.refuses("main").says("DC2003");
        let object = format!("remote.git/lfs/objects/{}/{}/{bad}", &bad[..2], &bad[2..4]);
        assert!(!home.path(&object).exists(), "nothing is sent before the check");
    }
}
