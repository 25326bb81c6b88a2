//! What findings come to, and how programs get them: as JSON, as annotations of GitHub's workflows, as SARIF.

use std::path::Path;

use declass::{
    evidence::{
        Finding,
        code::{CODES, Code, Verdict},
    },
    formats::Sha256Digest,
    gate::Signer,
};
use serde_json::{Value, json};

use super::Exit;

/// A single no is a no, whatever else could not be checked.
pub(super) fn exit(findings: &[Finding]) -> Exit {
    let means = |verdict| findings.iter().any(|finding| finding.code.verdict == verdict);
    match (means(Verdict::No), means(Verdict::Unknown)) {
        (true, _) => Exit::No,
        (false, true) => Exit::Unknown,
        (false, false) => Exit::Yes,
    }
}

/// The verdict in a word.
pub(super) fn word(exit: Exit) -> &'static str {
    match exit {
        Exit::Yes => "yes",
        Exit::No => "no",
        Exit::Unknown => "unknown",
    }
}

/// A finding as JSON.
pub(super) fn json(finding: &Finding) -> Value {
    let exit = self::exit(std::slice::from_ref(finding));
    json!({
        "code": finding.code.id,
        "name": finding.code.name,
        "verdict": word(exit),
        "path": finding.path,
        "message": finding.message,
    })
}

/// Who signed, as JSON.
pub(super) fn signature(signer: &Signer) -> Value {
    json!({
        "file": signer.file,
        "role": signer.role.to_string(),
        "key": signer.key,
        "identity": signer.identity,
        "stamp": signer.stamped.as_ref().map(|stamp| json!({"time": stamp.written(), "tsa": stamp.authority})),
        "ignoredStamps": signer.ignored_stamps,
    })
}

/// One line for each finding, which GitHub shows beside the file.
pub(super) fn github(findings: &[Finding], release: &Path) -> Vec<String> {
    let line = |finding: &Finding| {
        let title = format!("{} {}", finding.code.id, finding.code.name);
        let (file, message) = (property(&place(finding, release)), data(&finding.message));
        format!("::error file={file},title={}::{message}", property(&title))
    };
    match findings {
        [] => vec![format!("::notice title=declass::{} passed", data(&release.display().to_string()))],
        findings => findings.iter().map(line).collect(),
    }
}

/// One run of SARIF 2.1.0.
pub(super) fn sarif(findings: &[Finding], release: &Path, exit: u8) -> Value {
    let rule = |code: &&Code| {
        json!({
            "id": code.id,
            "name": code.name,
            "shortDescription": {"text": code.name},
            "fullDescription": {"text": code.meaning},
            "help": {"text": code.remedy},
            "defaultConfiguration": {"level": "error"},
        })
    };
    let driver = json!({
        "name": "declass",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": CODES.iter().map(rule).collect::<Vec<_>>(),
    });
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "results": findings.iter().map(|finding| result(finding, release)).collect::<Vec<_>>(),
            "invocations": [{"executionSuccessful": true, "exitCode": exit}],
        }],
    })
}

fn result(finding: &Finding, release: &Path) -> Value {
    let place = place(finding, release);
    // The same finding about the same file stays the same, whatever the digests in its words.
    let print = Sha256Digest::of(format!("{}\n{place}", finding.code.id).as_bytes()).to_string();
    json!({
        "ruleId": finding.code.id,
        "ruleIndex": CODES.iter().position(|code| code.id == finding.code.id),
        "level": "error",
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&place)},
            "region": {"startLine": 1},
        }}],
        "partialFingerprints": {"codeAndFile/v1": print},
    })
}

/// The file that a finding is about as the user would name it.
fn place(finding: &Finding, release: &Path) -> String {
    let path = finding.path.as_ref().map_or_else(|| release.to_owned(), |path| release.join(path));
    path.display().to_string()
}

/// Text behind a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value in front of it, where commas and colons mean something.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a relative or absolute reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
