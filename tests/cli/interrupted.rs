//! What runs and other programs leave in a release: a killed signer's temporary file, a hub's download folder,
//! git's attributes.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use declass::{progress::Silent, release::sign_release};
use tempfile::tempdir;

use crate::{
    process::{copy, declass, files, finish, names, resnet, run, seal, verify},
    signer::{self, Signer, findings},
    tamper::release,
};

const LEFTOVER: &str = ".declass-0123456789ab";

#[test]
fn a_killed_signer_blocks_nobody() {
    let signer = Signer::new();
    let (folder, out) = signer.release();
    fs::write(out.join(LEFTOVER), "half a claim").unwrap();
    assert_eq!(findings(&out, &signer.trusted(), &[], 1), [format!("DC2004 {LEFTOVER}")]);
    let said = signer::verify(&out, &signer.trusted(), &[]).exits(1).stdout;
    assert!(said.contains("a temporary file of a run of declass that was killed"), "{said}");
    assert!(out.join(LEFTOVER).exists(), "the gate writes nothing");
    let mut keygen = declass();
    keygen.env("DECLASS_KEY_PASSPHRASE", "secret").arg("keygen").arg("-o").arg(folder.path());
    finish(&mut keygen).exits(0);
    let mut sign = declass();
    sign.env("DECLASS_KEY_PASSPHRASE", "secret").arg("sign").arg(&out);
    finish(sign.arg("--key").arg(folder.path().join("release.key"))).exits(0);
    assert!(!out.join(LEFTOVER).exists());
    // A new release may take the place of one with a leftover in it.
    fs::write(out.join(LEFTOVER), "").unwrap();
    seal(&resnet(), &out, &["--forget", "6", "--force"]).exits(0);
    assert!(!out.join(LEFTOVER).exists());
}

/// What `hf download --local-dir` leaves.
fn download_folder(out: &Path) {
    let folder = out.join(".cache/huggingface/download");
    fs::create_dir_all(&folder).unwrap();
    for name in ["config.json", "model.safetensors", "README.md"] {
        fs::write(folder.join(format!("{name}.metadata")), "0123456789\n\"etag\"\n1700000000.0\n").unwrap();
        fs::write(folder.join(format!("{name}.lock")), "").unwrap();
    }
    fs::write(out.join(".cache/huggingface/.gitignore"), "*").unwrap();
    fs::write(out.join(".cache/huggingface/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n")
        .unwrap();
}

#[test]
fn a_download_folder_of_a_hub_is_named_once_and_hides_nothing() {
    let signer = Signer::new();
    let (folder, out) = signer.release();
    download_folder(&out);
    signer::verify(&out, &signer.trusted(), &[]).exits(0);
    let said = verify(&out, &resnet(), &["-v"]).exits(0);
    assert_eq!(said.stdout.matches(".cache/huggingface").count(), 1, "{said:#?}");
    // The same beside an original.
    let original = folder.path().join("original");
    copy(&resnet(), &original);
    download_folder(&original);
    let made = seal(&original, &folder.path().join("made"), &["--forget", "5"]).exits(0);
    assert!(!made.stderr.contains("metadata"), "{made:#?}");
    verify(&out, &original, &[]).exits(0);
    for (name, bytes) in [
        ("download/model.safetensors", &b"weights"[..]),
        ("modeling_x.py", b"print()"),
        ("download/notes.txt", b"\x80\x02}q\0."),
        ("config.json", b"{}"),
    ] {
        let file = out.join(".cache/huggingface").join(name);
        fs::write(&file, bytes).unwrap();
        assert_eq!(findings(&out, &signer.trusted(), &[], 1), [format!("DC2011 .cache/huggingface/{name}")]);
        let said = verify(&out, &resnet(), &[]).exits(1).stdout;
        assert!(said.contains(name), "{said}");
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn only_small_texts_and_pictures_lie_where_signatures_do_not_look() {
    let signer = Signer::new();
    for (name, bytes) in [
        (".github/saved_model.pb", &b"x"[..]),
        (".github/model.safetensors.bak", b"x"),
        (".cache/saved_model.pb", b"x"),
        (".cache/modeling_x.py", b"x"),
        (".cache/tool.sh", b"x"),
        (".github/README.md", b"GGUF\x03\0\0\0"),
        (".cache/model.onnx.data", b"x"),
        (".cache/unknown", b"\x01\x02\x03\0"),
    ] {
        let (_folder, out) = signer.release();
        fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
        fs::write(out.join(name), bytes).unwrap();
        assert_eq!(findings(&out, &signer.trusted(), &[], 1), [format!("DC2011 {name}")]);
    }
    let (_folder, out) = signer.release();
    for (name, bytes) in [
        (".github/workflows/ci.yml", &b"on: push\n"[..]),
        (".github/logo.png", b"\x89PNG\r\n\x1a\n\0\0"),
        (".github/CODEOWNERS", b"* @a\n"),
        (".gitignore", b"*.tmp\n"),
        (".pre-commit-config.yaml", b"repos: []\n"),
    ] {
        fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
        fs::write(out.join(name), bytes).unwrap();
    }
    signer::verify(&out, &signer.trusted(), &[]).exits(0);
    verify(&out, &resnet(), &[]).exits(0);
}

/// What git says of an attribute of a file.
fn attribute(repository: &Path, name: &str, file: &str) -> String {
    let mut git = Command::new("git");
    git.args(["check-attr", name, "--", file]).current_dir(repository).stdin(Stdio::null());
    let said = String::from_utf8(git.output().unwrap().stdout).unwrap();
    said.trim_end().rsplit(": ").next().unwrap().to_owned()
}

#[test]
fn what_git_lfs_keeps_of_the_input_it_keeps_of_the_release() {
    let folder = tempdir().unwrap();
    let [model, out, clone] = ["model", "out", "clone"].map(|name| folder.path().join(name));
    copy(&resnet(), &model);
    let lines =
        "*.bin filter=lfs diff=lfs merge=lfs -text\n*.safetensors filter=lfs diff=lfs merge=lfs -text\n";
    fs::write(model.join(".gitattributes"), format!("{lines}*.txt text\n*.json filter=lfs\n")).unwrap();
    seal(&model, &out, &["--forget", "5"]).exits(0);
    let text = || fs::read_to_string(out.join(".gitattributes")).unwrap();
    assert_eq!(text(), format!("{lines}* -text\n"));
    verify(&out, &model, &[]).exits(0);
    // Again in its place, from an input without any.
    seal(&resnet(), &out, &["--forget", "5", "--force"]).exits(0);
    assert_eq!(text(), format!("{lines}* -text\n"));
    sign_release(&out, &Signer::new().key, &Silent).unwrap();
    assert_eq!(text(), format!("{lines}* -text\n"));
    // Copied over a clone of the hub.
    copy(&model, &clone);
    assert!(Command::new("git").arg("init").arg("-q").arg(&clone).status().unwrap().success());
    for (name, bytes) in files(&out) {
        fs::write(clone.join(name), bytes).unwrap();
    }
    for (name, file, value) in [
        ("filter", "model.safetensors", "lfs"),
        ("text", "model.safetensors", "unset"),
        ("text", "labels.txt", "unset"),
        ("filter", "config.json", "unspecified"),
        ("filter", "class-removal.sigstore.json", "unspecified"),
    ] {
        assert_eq!(attribute(&clone, name, file), value, "{name} of {file}");
    }
    let (_folder, plain) = release();
    assert_eq!(fs::read_to_string(plain.join(".gitattributes")).unwrap(), "* -text\n");
    assert!(names(&plain).contains(&"config.json".to_owned()));
    run(&["log", out.to_str().unwrap()]).exits(0);
}
