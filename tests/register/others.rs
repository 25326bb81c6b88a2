//! What others have seen of a register: time stamps of `openssl ts`, cosignatures of a witness in Go, older copies.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{
    go,
    home::{Home, copy, request},
    tsa::{ON_P256, Service},
};

const SEED: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const OTHER: &str = "0202020202020202020202020202020202020202020202020202020202020202";

pub(crate) fn releases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/releases/v2")
}

/// A trust file with these tables; the release key is of no matter here.
pub(crate) fn trust(home: &Home, more: &str) {
    let of_release = fs::read_to_string(releases().join("trust.toml")).unwrap();
    let key = of_release.split("[[tsa]]").next().unwrap();
    fs::copy(releases().join("key.pub.pem"), home.path("key.pub.pem")).unwrap();
    fs::write(home.path("trust.toml"), format!("{key}{more}")).unwrap();
}

fn tsa(home: &Home, service: &Service) -> String {
    fs::copy(service.path("root.pem"), home.path("tsa.pem")).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(home.path("tsa.pem"));
    let said = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    let print = said.trim().split_once('=').unwrap().1;
    format!("[[tsa]]\npem = \"tsa.pem\"\nsha256 = \"{print}\"\nidentity = \"service\"\n")
}

fn tool(home: &Home, arguments: &str) -> crate::home::Ran {
    let mut command = crate::home::declass();
    crate::home::finish(command.current_dir(home.path(".")).args(arguments.split(' ')))
}

#[test]
fn a_time_stamp_is_of_one_checkpoint_and_counts_if_its_service_does() {
    let Some(service) = Service::new(ON_P256) else { return };
    let home = Home::new().with_requests(3);
    tool(&home, "timestamp request r -o q.tsq").exits(0);
    let answer = service.answer(&home.path("q.tsq"));
    fs::copy(answer, home.path("answer.tsr")).unwrap();
    // The register may grow before the answer is there.
    home.run(&format!("append r requested --request {}", request(7))).exits(0);
    tool(&home, "timestamp attach r answer.tsr").exits(0).shows("the checkpoint of 3 entries");
    trust(&home, &tsa(&home, &service));
    let said = home.run("verify r --trust trust.toml --json").exits(0).json();
    assert_eq!(said["witnessed"][0]["size"], 3);
    assert_eq!(said["witnessed"][0]["stamps"][0]["by"], "service", "{said:#}");
    // openssl agrees, with the files as they lie in the register.
    let stamp = fs::read_dir(home.path("r/checkpoints")).unwrap().map(|it| it.unwrap().path());
    let stamp = stamp.into_iter().find(|path| path.extension().is_some_and(|end| end == "tsr")).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["ts", "-verify", "-CAfile"]).arg(service.path("root.pem")).arg("-in").arg(&stamp);
    let output = openssl.arg("-data").arg(home.path("r/checkpoints/3")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    // Asked for a stamp of no more than a lag: one entry is not covered.
    for (lag, code) in [(0, 1), (1, 0)] {
        trust(&home, &format!("{}[register]\nstamped = true\nlag = {lag}\n", tsa(&home, &service)));
        let said = home.run("verify r --trust trust.toml --json").exits(code).json();
        assert_eq!(said["findings"].as_array().unwrap().iter().any(|it| it["code"] == "DC2015"), code == 1);
    }
    // Before it was made it does not count, and neither does that of a stranger.
    home.run("verify r --trust trust.toml --at 2020-01-01T00:00:00Z").exits(1).shows("DC2015");
    trust(&home, "[register]\nstamped = true\nlag = 9\n");
    let said = home.run("verify r --trust trust.toml --json").exits(1).json();
    assert!(said["witnessed"][0]["ignored"][0].as_str().unwrap().contains("no trusted"), "{said:#}");
    // An answer about another register.
    let other = Home::new().with_requests(2);
    fs::copy(home.path("answer.tsr"), other.path("answer.tsr")).unwrap();
    tool(&other, "timestamp attach r answer.tsr").exits(2).says("of no checkpoint");
}

#[test]
fn an_older_copy_in_the_place_of_a_register_is_noticed() {
    let home = Home::new().with_requests(3);
    copy(&home.path("r"), &home.path("backup"));
    for number in 3..5 {
        home.run(&format!("append r requested --request {}", request(number))).exits(0);
    }
    tool(&home, "timestamp request r -o q.tsq").exits(0);
    fs::copy(home.path("r/checkpoint"), home.path("checkpoint.5")).unwrap();
    home.run("verify r --old checkpoint.5").exits(0);
    for file in ["entries.jsonl", "checkpoint"] {
        fs::copy(home.path("backup").join(file), home.path("r").join(file)).unwrap();
    }
    let said = home.run("verify r --json").exits(1).json();
    assert!(said["findings"][0]["message"].as_str().unwrap().starts_with("witnessed"), "{said:#}");
    home.run("append r requested --request 00").exits(2);
    home.run(&format!("append r requested --request {}", request(9))).exits(1).says("older copy");
    home.run("verify backup --vkey r.vkey --old checkpoint.5").exits(1);
    home.run("import backup new --vkey r.vkey --old checkpoint.5").exits(1);
    assert!(!home.path("new").exists());
    home.run("import backup new --vkey r.vkey").exits(0).shows("limits");
    assert_eq!(
        fs::read(home.path("new/checkpoint")).unwrap(),
        fs::read(home.path("backup/checkpoint")).unwrap()
    );
    home.run("import backup new --vkey r.vkey").exits(2);
}

struct Witness {
    judge: PathBuf,
}

impl Witness {
    fn run(&self, home: &Home, arguments: &str) -> Output {
        let mut command = Command::new(&self.judge);
        command.current_dir(home.path(".")).args(arguments.split(' ')).output().unwrap()
    }

    /// Asks the witness, and takes its answer; the code is that of `--answer`.
    fn cosign(&self, home: &Home, seed: &str, code: i32) -> Output {
        let _ = fs::remove_file(home.path("ask"));
        home.run("witness r -o ask").exits(0);
        let answer = self.run(home, &format!("cosign w.example/w {seed} r.vkey state ask"));
        fs::write(home.path("answer"), &answer.stdout).unwrap();
        home.run("witness r --answer answer --trust trust.toml").exits(code);
        answer
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a judge that is absent is told")]
fn a_witness_in_go_follows_a_register_and_notices_another_history() {
    let home = Home::new().with_requests(3);
    let Some(judge) = go::build(&home, "witness.go") else {
        eprintln!("skipped: this needs Debian's golang-go and golang-golang-x-mod-dev");
        return;
    };
    let witness = Witness { judge };
    let vkey = String::from_utf8(witness.run(&home, &format!("vkey w.example/w {SEED}")).stdout).unwrap();
    fs::write(home.path("w.vkey"), &vkey).unwrap();
    let named =
        format!("[[witness]]\nvkey = \"{}\"\nidentity = \"w\"\n[register]\nwitnesses = 1\n", vkey.trim());
    trust(&home, &named);
    home.run("verify r --trust trust.toml").exits(1).shows("DC2015");
    copy(&home.path("r"), &home.path("fork"));
    witness.cosign(&home, SEED, 0);
    let said = home.run("verify r --trust trust.toml --json").exits(0).json();
    let seen = json!([{"by": "w", "time": "2026-01-01T00:00:00Z"}]);
    assert_eq!(said["witnessed"][0]["witnesses"], seen, "{said:#}");
    // Go opens the cosigned checkpoint with both keys.
    let joined = [fs::read(home.path("r/checkpoints/3")), fs::read(home.path("r/checkpoints/3.cosigned"))];
    fs::write(home.path("cosigned"), joined.map(Result::unwrap).concat()).unwrap();
    let read = witness.run(&home, "read r.vkey w.vkey cosigned");
    let expected = "signed by example.org/removals, cosigned by w.example/w\n";
    assert_eq!(String::from_utf8_lossy(&read.stdout), expected, "{read:?}");
    // It grows, which is not witnessed yet, and then is: the second time with a proof.
    home.run(&format!("append r requested --request {}", request(3))).exits(0);
    home.run("verify r --trust trust.toml").exits(1);
    witness.cosign(&home, SEED, 0);
    home.run("verify r --trust trust.toml").exits(0);
    assert!(fs::read_to_string(home.path("ask")).unwrap().starts_with("old 3\n"));
    // A line of somebody else, and one of another checkpoint.
    let _ = fs::remove_file(home.path("state"));
    home.run(&format!("append r requested --request {}", request(4))).exits(0);
    assert!(!witness.cosign(&home, OTHER, 1).status.success(), "it has seen nothing, and is asked from 4 on");
    // The keeper shows the witness another history: it does not sign it, and the register's own files say why.
    fs::remove_dir_all(home.path("r")).unwrap();
    copy(&home.path("fork"), &home.path("r"));
    fs::remove_file(home.path("ask")).unwrap();
    for number in 10..13 {
        home.run(&format!("append r requested --request {}", request(number))).exits(0);
    }
    home.run("witness r -o ask --old 3").exits(0);
    fs::write(home.path("state"), "go.sum database tree\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
        .unwrap();
    let refused = witness.run(&home, &format!("cosign w.example/w {SEED} r.vkey state ask"));
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
}

#[test]
fn a_key_that_has_expired_since_is_judged_by_the_register() {
    let home = Home::new();
    let release = releases().join("first").display().to_string();
    home.run(&format!("append r class-removed --release {release} --time 2026-11-01T10:00:00Z")).exits(0);
    trust(&home, "");
    let rules = fs::read_to_string(home.path("trust.toml")).unwrap();
    let expires = |at: &str| {
        let rules = rules.replace("identity =", &format!("not_after = {at}\nidentity ="));
        fs::write(home.path("trust.toml"), rules).unwrap();
    };
    let verify = |more: &str, code: i32| -> Value {
        tool(&home, &format!("verify {release} --trust trust.toml --json{more}")).exits(code).json()
    };
    expires("2026-11-10T00:00:00Z");
    let said = verify(" --at 2026-11-20T00:00:00Z", 1);
    let message = said["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("the signature is right") && message.contains("expired"), "{message}");
    let said = verify(" --at 2026-11-20T00:00:00Z --register r --vkey r.vkey", 0);
    for signature in 0..2 {
        let stamp = &said["signatures"][signature]["stamp"];
        assert_eq!(stamp["time"], "2026-11-01T10:00:00Z", "{said:#}");
        assert!(stamp["tsa"].as_str().unwrap().contains("example.org/removals"), "{said:#}");
    }
    assert_eq!(said["at"], "2026-11-20T00:00:00Z");
    verify(" --at 2026-11-05T00:00:00Z", 0);
    verify("", 1);
    // Entered too late, or asked about a time before it was entered.
    expires("2026-10-01T00:00:00Z");
    verify(" --register r --vkey r.vkey", 1);
    expires("2026-10-20T00:00:00Z");
    verify(" --register r --vkey r.vkey --at 2026-10-25T00:00:00Z", 1);
    // Where the trust file asks for others, the keeper's own word is not enough.
    expires("2026-11-10T00:00:00Z");
    let asking = fs::read_to_string(home.path("trust.toml")).unwrap() + "[register]\nstamped = true\n";
    fs::write(home.path("trust.toml"), asking).unwrap();
    verify(" --register r --vkey r.vkey", 1);
    // A register that was tampered with says nothing.
    let entries = fs::read_to_string(home.path("r/entries.jsonl")).unwrap();
    fs::write(home.path("r/entries.jsonl"), entries.replace("2026-11-01", "2026-11-02")).unwrap();
    tool(&home, &format!("verify {release} --trust trust.toml --register r --vkey r.vkey")).exits(1);
    tool(&home, &format!("verify {release} --original {release} --register r --vkey r.vkey"))
        .exits(2)
        .says("--trust");
}
