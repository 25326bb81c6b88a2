//! The page of one request: what it says can be checked as it says, and nothing in it misleads.

use std::{fs, path::Path, process::Command};

use crate::home::Home;

/// The blocks of a page that have this class, as a reader would copy them.
pub(crate) fn blocks(page: &str, class: &str) -> Vec<String> {
    let begin = format!("<pre class=\"{class}\">");
    let found = page.split(&begin).skip(1).filter_map(|rest| rest.split("</pre>").next());
    found
        .map(|text| {
            text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        })
        .collect()
}

pub(crate) fn shell(folder: &Path, script: &str) -> bool {
    let output = Command::new("sh").arg("-ec").arg(script).current_dir(folder).output().unwrap();
    output.status.success()
}

/// A register with one request that was answered by a release, and its page.
fn written(home: &Home, role: &str) -> String {
    let release = crate::others::releases().join("first").display().to_string();
    fs::write(home.path("q.json"), "{\"who\": \"Jane Doe\"}").unwrap();
    fs::write(home.path("private.txt"), "<b>Jane Doe</b>\u{202e}\n").unwrap();
    for event in [
        "requested --record q.json --time 2026-11-01T10:00:00Z".to_owned(),
        format!("approved --record q.json --by {role} --by-key dpo.key --time 2026-11-02T10:00:00Z"),
        format!("class-removed --record q.json --release {release} --time 2026-11-03T10:00:00Z"),
        format!("verified --release {release} --time 2026-11-03T11:00:00Z"),
        format!("released --release {release} --time 2026-11-03T12:00:00Z"),
    ] {
        home.run(&format!("append r {event}")).exits(0);
    }
    let request = home.entries()[0]["request"]["sha256"].as_str().unwrap()[..12].to_owned();
    let trust = crate::others::releases().join("trust.toml").display().to_string();
    let more = format!("--release {release} --trust {trust} --at 2026-11-20T00:00:00Z");
    home.run(&format!("dossier r {request} {more} -o page.html")).exits(0);
    let page = fs::read_to_string(home.path("page.html")).unwrap();
    // The same command writes the same page.
    home.run(&format!("dossier r {request} {more} -o again.html")).exits(0);
    assert_eq!(page, fs::read_to_string(home.path("again.html")).unwrap());
    home.run(&format!("dossier r {request} {more} -o page.html")).exits(2);
    home.run(&format!("dossier r {request} {more} --supplement private.txt -o with.html")).exits(0);
    page
}

#[test]
fn everything_on_it_can_be_checked_as_it_says() {
    let home = Home::new();
    let page = written(&home, "data-protection-officer");
    for text in ["Answered in time", "data-protection-officer", "2026-12-01T23:59:59Z"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("Jane"), "what is private stays private");
    let with = fs::read_to_string(home.path("with.html")).unwrap();
    assert!(with.contains("&lt;b&gt;Jane Doe") && !with.contains('\u{202e}'));
    assert!(!page.contains("<script") && !page.contains("src=\"http"));
    // openssl: the checkpoint and the approver's own signature; each fails if a byte is changed.
    let signed = blocks(&page, "openssl");
    assert_eq!(signed.len(), 2);
    for block in signed {
        let folder = tempfile::tempdir().unwrap();
        assert!(shell(folder.path(), &block), "{block}");
        let changed = block.replacen("example.org", "example.com", 1);
        assert!(changed != block && !shell(folder.path(), &changed), "{changed}");
    }
    // openssl: the claim of the release.
    let folder = tempfile::tempdir().unwrap();
    crate::home::copy(&crate::others::releases().join("first"), &folder.path().join("out"));
    fs::copy(crate::others::releases().join("key.pub.pem"), folder.path().join("release.pub.pem")).unwrap();
    let [claim] = &blocks(&page, "claim")[..] else { panic!() };
    assert!(shell(&folder.path().join("out"), claim), "{claim}");
    // The proof.
    let [proof] = &blocks(&page, "proof")[..] else { panic!() };
    fs::write(home.path("proof.json"), proof).unwrap();
    home.run("verify --proof proof.json --vkey r.vkey").exits(0).shows("entries 0, 1, 2, 3, 4 of 5");
}

#[test]
fn it_says_no_where_something_does() {
    let home = Home::new();
    written(&home, "dpo");
    let request = home.entries()[0]["request"]["sha256"].as_str().unwrap()[..12].to_owned();
    let other = crate::others::releases().join("second").display().to_string();
    home.run(&format!("dossier r {request} --release {other} -o other.html")).exits(1).says("no entry");
    home.run("dossier r abcd -o none.html").exits(2);
    let rules = fs::read_to_string(crate::others::releases().join("trust.toml")).unwrap();
    let rules = rules.split("[[tsa]]").next().unwrap().to_owned() + "[register]\nstamped = true\n";
    fs::write(home.path("trust.toml"), rules).unwrap();
    fs::copy(crate::others::releases().join("key.pub.pem"), home.path("key.pub.pem")).unwrap();
    home.run(&format!("dossier r {request} --trust trust.toml -o no.html")).exits(1);
    assert!(fs::read_to_string(home.path("no.html")).unwrap().contains("Something says no"));
    // Late, and open.
    home.run(&format!("dossier r {request} --at 2026-11-02T12:00:00Z -o early.html")).exits(0);
    let home = Home::new().with_requests(1);
    home.run("dossier r 0000 -o late.html").exits(0);
    assert!(fs::read_to_string(home.path("late.html")).unwrap().contains("Overdue"));
}

/// Whether it prints is for `chromium` to say, where it is.
#[test]
#[expect(clippy::print_stderr, reason = "a judge that is absent is told")]
fn it_prints_to_pages() {
    if !Command::new("chromium").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no chromium");
        return;
    }
    let home = Home::new();
    written(&home, "dpo");
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]);
    chromium.arg(format!("--user-data-dir={}", home.path("profile").display()));
    chromium.arg(format!("--print-to-pdf={}", home.path("page.pdf").display()));
    chromium.arg(format!("file://{}", home.path("page.html").display()));
    assert!(chromium.output().unwrap().status.success());
    let pdf = fs::read(home.path("page.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{}", pdf.len());
}
