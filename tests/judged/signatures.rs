//! What declass signs, other tools accept; what they sign, declass accepts; neither accepts anything else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use base64ct::{Base64, Encoding};
use declass::{
    claim::{PREDICATE_TYPE, names::CLAIM_FILE},
    progress::Silent,
    release::sign_release,
    sign::ReleaseKey,
};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use super::{declass, fixture, node, skipped, succeed, venv::judge};

/// A folder with a signed release `out`, the key's public half, and its private half, encrypted with
/// `secret`.
pub(crate) fn signed() -> TempDir {
    static UNSIGNED: OnceLock<PathBuf> = OnceLock::new();
    let unsigned = UNSIGNED.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judged-release");
        let _ = fs::remove_dir_all(&out);
        let model = fixture("models/fmnist-resnet");
        let paths = [model.to_str().unwrap(), "-o", out.to_str().unwrap()];
        succeed(&[&["unlearn"], &paths[..], &["-q", "--method", "seal", "--forget", "5"]].concat());
        out
    });
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    copy(unsigned, &out);
    let key = ReleaseKey::generate().unwrap();
    sign_release(&out, &key, &Silent).unwrap();
    fs::write(folder.path().join("key.pub.pem"), key.public().to_pem()).unwrap();
    fs::write(folder.path().join("key.pem"), &*key.to_encrypted_pem("secret").unwrap()).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What a judge says about paths in a folder.
#[track_caller]
pub(crate) fn judged(folder: &Path, what: &str, paths: &[&str]) -> Value {
    let paths: Vec<String> =
        paths.iter().map(|path| folder.join(path).to_str().unwrap().to_owned()).collect();
    let arguments: Vec<&str> = [what].into_iter().chain(paths.iter().map(String::as_str)).collect();
    judge("signatures.py", &arguments)
}

#[test]
fn model_signing_accepts_a_release_as_it_is_and_nothing_else() {
    type Change = fn(&Path);
    let changes: [(Change, &str); 4] = [
        (|out| fs::remove_file(out.join(CLAIM_FILE)).unwrap(), "class-removal.sigstore.json"),
        (|out| fs::write(out.join("new.txt"), "").unwrap(), "new.txt"),
        (
            |out| {
                let mut bytes = fs::read(out.join("config.json")).unwrap();
                *bytes.last_mut().unwrap() ^= 1;
                fs::write(out.join("config.json"), bytes).unwrap();
            },
            "config.json",
        ),
        (|out| fs::remove_file(out.join("README.md")).unwrap(), "README.md"),
    ];
    for (change, why) in changes {
        let folder = signed();
        let verdict = judged(folder.path(), "folder", &["out", "key.pub.pem"]);
        assert_eq!(verdict["accepted"], true, "{verdict}");
        fs::write(folder.path().join("out/.gitattributes"), "* -text\n").unwrap();
        assert_eq!(judged(folder.path(), "folder", &["out", "key.pub.pem"])["accepted"], true);
        change(&folder.path().join("out"));
        let verdict = judged(folder.path(), "folder", &["out", "key.pub.pem"]);
        assert_eq!(verdict["accepted"], false);
        assert!(verdict["said"].as_str().unwrap().contains(why), "{verdict}");
    }
    let (folder, other) = (signed(), signed());
    let public = other.path().join("key.pub.pem");
    let verdict = judged(folder.path(), "folder", &["out", public.to_str().unwrap()]);
    assert_eq!(verdict["accepted"], false, "{verdict}");
}

#[test]
fn securesystemslib_and_sigstore_accept_the_claim() {
    let (folder, other) = (signed(), signed());
    let (claim, foreign) = (format!("out/{CLAIM_FILE}"), other.path().join("key.pub.pem"));
    let verdict = judged(folder.path(), "claim", &[&claim, "key.pub.pem"]);
    assert_eq!((&verdict["accepted"], &verdict["type"]), (&true.into(), &PREDICATE_TYPE.into()));
    let verdict = judged(folder.path(), "claim", &[&claim, foreign.to_str().unwrap()]);
    assert_eq!(verdict["accepted"], false, "{verdict}");
    for file in [&*claim, "out/model.sig"] {
        let file = folder.path().join(file);
        let Some(verdict) = node::judge(&file, &folder.path().join("key.pub.pem")) else { return };
        assert_eq!(verdict["accepted"], true, "{verdict}");
        let verdict = node::judge(&file, &foreign).unwrap();
        assert_eq!(verdict["accepted"], false, "{verdict}");
    }
}

#[test]
fn others_read_our_keys_and_we_theirs() {
    let folder = signed();
    let public = fs::read_to_string(folder.path().join("key.pub.pem")).unwrap();
    let private = folder.path().join("key.pem");
    assert_eq!(judge("signatures.py", &["key", private.to_str().unwrap(), "secret"])["public"], public);
    let register = folder.path().join("r");
    let passphrase = folder.path().join("passphrase");
    fs::write(&passphrase, "secret").unwrap();
    let init = ["register", "init", register.to_str().unwrap(), "--origin", "a", "--passphrase-file"];
    succeed(&[&init[..], &[passphrase.to_str().unwrap(), "-q"]].concat());
    let key = folder.path().join("r.key");
    let opened = judge("signatures.py", &["key", key.to_str().unwrap(), "secret"]);
    let line = fs::read_to_string(folder.path().join("r.vkey")).unwrap();
    // `NAME+HASH+KEY`; there may be more of `+` in the key itself.
    let ours = line.trim().splitn(3, '+').nth(2).map(ed25519);
    assert_eq!(opened["public"].as_str().unwrap().lines().nth(1).map(ed25519), ours);
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output();
        output.map(|output| (output.status.success(), String::from_utf8(output.stdout).unwrap()))
    };
    let Ok((true, read)) = openssl("pkey -pubin -in key.pub.pem -pubout") else {
        return skipped("there is no openssl");
    };
    assert_eq!(read, public);
    let new = "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    assert!(openssl(&format!("{new} -aes-256-cbc -pass pass:secret -out encrypted.pem")).unwrap().0);
    assert!(openssl("ecparam -name prime256v1 -genkey -out sec1.pem").unwrap().0);
    for name in ["encrypted.pem", "sec1.pem"] {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        succeed(&[
            "sign",
            &path("out"),
            "--key",
            &path(name),
            "--passphrase-file",
            &path("passphrase"),
            "-q",
        ]);
        let pass = if name == "sec1.pem" { "" } else { " -passin pass:secret" };
        assert!(openssl(&format!("pkey -in {name}{pass} -pubout -out theirs.pub.pem")).unwrap().0);
        let verdict = judged(folder.path(), "folder", &["out", "theirs.pub.pem"]);
        assert_eq!(verdict["accepted"], true, "{verdict}");
    }
}

/// The last 32 bytes of what is in base64: an Ed25519 key.
fn ed25519(base64: &str) -> Vec<u8> {
    let bytes = Base64::decode_vec(base64).unwrap();
    bytes[bytes.len() - 32..].to_vec()
}

#[test]
fn folders_that_model_signing_signed_are_accepted_until_they_change() {
    for curve in ["P-256", "P-384"] {
        let folder = tempdir().unwrap();
        let model = folder.path().join("model");
        copy(&fixture("signed/model"), &model);
        let paths = [&model, folder.path()].map(|path| path.to_str().unwrap().to_owned());
        judge("signatures.py", &["sign", &paths[0], &paths[1], curve]);
        let public = fs::read_to_string(folder.path().join("key.pub.pem")).unwrap();
        let id = declass::sign::PublicKey::from_pem(&public).unwrap().fingerprint();
        let key =
            format!("[[key]]\nid = \"{id}\"\npem = \"key.pub.pem\"\nidentity = \"a@b\"\nroles = [\"oms\"]\n");
        let trust = folder.path().join("trust.toml");
        // There is no claim in it, and nobody asks for one.
        fs::write(&trust, format!("version = 1\n{key}[policy]\nrequire = [\"oms\"]\n")).unwrap();
        let verify = ["verify", &paths[0], "--trust", trust.to_str().unwrap(), "--json"];
        succeed(&verify);
        fs::write(model.join("onnx.txt"), "changed").unwrap();
        let output = declass(&verify);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (output.status.code(), &said["findings"][0]["code"]),
            (Some(1), &"DC2003".into()),
            "{said}"
        );
    }
}
