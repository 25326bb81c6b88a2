//! A repository with releases in it, a bare remote, and somebody whose key is trusted.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use declass::{
    claim::{names::CLAIM_FILE, root_digest},
    formats::{RelPath, Sha256Digest},
    progress::Silent,
    release::sign_release,
    sign::{Bundle, ReleaseKey, sign_folder},
};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::process::{Ran, declass, finish};

/// Everything in one folder, with a space in its name: `work` with its remote `remote.git`, and `keys`.
pub(crate) struct Home {
    folder: TempDir,
    pub(crate) key: ReleaseKey,
}

impl Home {
    /// With a first commit, which is on the remote.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("de class").tempdir().unwrap();
        let home = Self { folder, key: ReleaseKey::generate().unwrap() };
        fs::create_dir(home.path("keys")).unwrap();
        fs::write(home.path("keys/key.pub.pem"), home.key.public().to_pem()).unwrap();
        home.trust("roles = [\"oms\", \"claim\"]");
        home.git_in("", "init -q -b main work").exits(0);
        home.git_in("", "init -q -b main --bare remote.git").exits(0);
        home.git("remote add origin ../remote.git").exits(0);
        fs::write(home.path("work/notes.txt"), "no release\n").unwrap();
        home.commit();
        home.git("push -q origin main").exits(0);
        home
    }

    /// The same with the hook, and a commit with a good release in `release`, which is not pushed.
    pub(crate) fn with_release() -> Self {
        let home = Self::new();
        home.install("");
        home.release("release");
        home.commit();
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn work(&self, name: &str) -> PathBuf {
        self.path("work").join(name)
    }

    /// Writes the trust file, with these roles and times of the key.
    pub(crate) fn trust(&self, more: &str) {
        let id = self.key.public().fingerprint();
        let head =
            format!("version = 1\n[[key]]\nid = \"{id}\"\npem = \"key.pub.pem\"\nidentity = \"a@b\"\n");
        fs::write(self.path("keys/trust.toml"), format!("{head}{more}\n")).unwrap();
    }

    #[track_caller]
    pub(crate) fn install(&self, more: &str) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_declass"), "work");
        command.args(["hook", "install", "--trust", "../keys/trust.toml"]).args(more.split_whitespace());
        finish(&mut command).exits(0)
    }

    /// A signed release in a folder of the work tree.
    pub(crate) fn release(&self, name: &str) {
        copy(unsigned(), &self.work(name));
        self.sign(name, &self.key);
    }

    pub(crate) fn sign(&self, name: &str, key: &ReleaseKey) {
        sign_release(&self.work(name), key, &Silent).unwrap();
    }

    /// Signs all files again as they are.
    pub(crate) fn sign_files(&self, name: &str) {
        sign_folder(&self.work(name), &self.key, &Silent).unwrap();
    }

    /// Makes the signed claim one about the files as they are, whatever else it says.
    pub(crate) fn claim_again(&self, name: &str) {
        let (folder, mut files) = (self.work(name), BTreeMap::new());
        let signed = Bundle::read(&fs::read(folder.join(CLAIM_FILE)).unwrap()).unwrap();
        let mut statement: Value = serde_json::from_slice(signed.payload()).unwrap();
        for subject in statement["subject"].as_array_mut().unwrap() {
            let Ok(bytes) = fs::read(folder.join(subject["name"].as_str().unwrap())) else { continue };
            let digest = Sha256Digest::of(&bytes);
            subject["digest"]["sha256"] = digest.to_string().into();
            files.insert(RelPath::try_from(subject["name"].as_str().unwrap()).unwrap(), digest);
        }
        let root = root_digest(&files.iter().map(|(path, digest)| (path, *digest)).collect());
        let subjects = statement["subject"].as_array_mut().unwrap();
        let all = subjects.iter_mut().find(|subject| subject["name"] == "oms-root").unwrap();
        all["digest"]["sha256"] = root.to_string().into();
        let bundle = Bundle::sign(statement.to_string().into_bytes(), &self.key);
        fs::write(folder.join(CLAIM_FILE), bundle.to_bytes()).unwrap();
        self.sign_files(name);
    }

    /// Changes the last byte of a file.
    pub(crate) fn flip(&self, name: &str) {
        let mut bytes = fs::read(self.work(name)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(self.work(name), bytes).unwrap();
    }

    /// Commits all of the work tree.
    #[track_caller]
    pub(crate) fn commit(&self) {
        self.git("add -A").exits(0);
        self.git("commit -q --allow-empty -m x").exits(0);
    }

    /// Git in the work tree, with arguments that have no spaces.
    pub(crate) fn git(&self, arguments: &str) -> Ran {
        self.git_in("work", arguments)
    }

    /// What it prints counts as said, too: hooks write where git lets them.
    pub(crate) fn git_in(&self, folder: &str, arguments: &str) -> Ran {
        let mut ran = finish(self.command("git", folder).args(arguments.split_whitespace()));
        ran.stderr.push_str(&ran.stdout);
        ran
    }

    /// Git with something to read; what it answers, without its line end.
    #[track_caller]
    pub(crate) fn git_reads(&self, arguments: &str, input: &[u8]) -> String {
        let mut command = self.command("git", "work");
        let ran = feed(command.args(arguments.split_whitespace()), input).exits(0);
        ran.stdout.trim_end().to_owned()
    }

    /// `declass hook` in the work tree, with arguments that have no spaces.
    pub(crate) fn hook(&self, arguments: &str) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_declass"), "work");
        finish(command.arg("hook").args(arguments.split_whitespace()))
    }

    /// `declass hook check`, as JSON.
    pub(crate) fn check(&self, arguments: &str) -> Ran {
        self.hook(&format!("check --json --trust ../keys/trust.toml {arguments}"))
    }

    /// A push, and whether the remote is as it was before.
    #[track_caller]
    pub(crate) fn refuses(&self, arguments: &str) -> Ran {
        let before = self.git("ls-remote origin").exits(0).stdout;
        let ran = self.git(&format!("push origin {arguments}"));
        assert_ne!(ran.code, Some(0), "{ran:#?}");
        assert_eq!(self.git("ls-remote origin").exits(0).stdout, before, "nothing may have arrived");
        ran
    }

    /// A program, with the tool on its path and nobody's settings.
    pub(crate) fn command(&self, program: &str, folder: &str) -> Command {
        let mut command = Command::new(program);
        let tool = Path::new(env!("CARGO_BIN_EXE_declass")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(self.path(folder))
            .env("PATH", format!("{}:{path}", tool.display()))
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"))
            .env("GIT_TERMINAL_PROMPT", "0");
        for name in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{name}_NAME"), "a").env(format!("GIT_{name}_EMAIL"), "a@b");
        }
        command.env_remove("GITHUB_ACTIONS").stdin(Stdio::null());
        command
    }
}

/// Codes and paths of the findings.
#[track_caller]
pub(crate) fn findings(ran: &Ran) -> Vec<String> {
    let said = ran.json();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = said["findings"].as_array().unwrap().iter();
    findings.map(|finding| format!("{} {}", text(finding, "code"), text(finding, "path"))).collect()
}

/// Lets a command run that has something to read.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Ran {
    let folder = tempdir().unwrap();
    let file = folder.path().join("input");
    fs::write(&file, input).unwrap();
    finish(command.stdin(fs::File::open(file).unwrap()))
}

/// The release of all tests, made once.
fn unsigned() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hook-release");
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/models/fmnist-vit");
        let mut unlearn = declass();
        unlearn.arg("unlearn").arg(model).arg("-o").arg(&out);
        finish(unlearn.args(["--forget", "Sandal", "--method", "seal", "--force"])).exits(0);
        out
    })
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
