//! Somebody with a key, a trust file that knows it, and releases that it signed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use declass::{
    claim::names::CLAIM_FILE,
    progress::Silent,
    release::sign_release,
    sign::{Bundle, ReleaseKey, sign_folder},
};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    process::{Ran, declass, finish},
    tamper::release,
};

/// A key, and the folder with its public half and the files that trust it.
pub(crate) struct Signer {
    pub(crate) folder: TempDir,
    pub(crate) key: ReleaseKey,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let (folder, key) = (tempdir().unwrap(), ReleaseKey::generate().unwrap());
        fs::write(folder.path().join("key.pub.pem"), key.public().to_pem()).unwrap();
        Self { folder, key }
    }

    /// A copy of the release of all tests, signed.
    pub(crate) fn release(&self) -> (TempDir, PathBuf) {
        let (folder, out) = release();
        sign_release(&out, &self.key, &Silent).unwrap();
        (folder, out)
    }

    /// A trust file with this key, its roles and times as given.
    pub(crate) fn trust(&self, more: &str) -> PathBuf {
        let id = self.key.public().fingerprint();
        let text = format!(
            "version = 1\n[[key]]\nid = \"{id}\"\npem = \"key.pub.pem\"\nidentity = \"a@b\"\n{more}\n"
        );
        let path = self.folder.path().join("trust.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// A trust file that trusts this key with everything.
    pub(crate) fn trusted(&self) -> PathBuf {
        self.trust("roles = [\"oms\", \"claim\"]")
    }

    /// Changes what the claim says and signs everything again, as only the holder of the key can.
    pub(crate) fn lie(&self, out: &Path, change: impl FnOnce(&mut Value)) {
        let bundle = Bundle::read(&fs::read(out.join(CLAIM_FILE)).unwrap()).unwrap();
        let mut statement: Value = serde_json::from_slice(bundle.payload()).unwrap();
        change(&mut statement);
        let bundle = Bundle::sign(serde_json::to_vec(&statement).unwrap(), &self.key);
        fs::write(out.join(CLAIM_FILE), bundle.to_bytes()).unwrap();
        sign_folder(out, &self.key, &Silent).unwrap();
    }
}

/// `declass verify RELEASE --trust FILE` with more arguments.
pub(crate) fn verify(release: &Path, trust: &Path, more: &[&str]) -> Ran {
    finish(declass().arg("verify").arg(release).arg("--trust").arg(trust).args(more))
}

/// The codes of the findings, each with the file that it is about.
#[track_caller]
pub(crate) fn findings(release: &Path, trust: &Path, more: &[&str], exit: i32) -> Vec<String> {
    let said = verify(release, trust, &[&["--json"], more].concat()).exits(exit).json();
    assert_eq!(said["passed"], exit == 0);
    let code = |finding: &Value| {
        let path = finding["path"].as_str().unwrap_or("-");
        format!("{} {path}", finding["code"].as_str().unwrap())
    };
    said["findings"].as_array().unwrap().iter().map(code).collect()
}
