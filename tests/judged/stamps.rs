//! Time stamps: what `openssl ts` stamps counts, for as long as its service is trusted, and nothing else
//! does.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use declass::{
    claim::names::CLAIM_FILE,
    gate,
    progress::Silent,
    release::sign_release,
    sign::{Bundle, PublicKey, ReleaseKey, Trust, sign_folder},
};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    declass, node,
    signatures::{judged, signed},
    skipped, succeed,
    tsa::{Kind, ON_P256, ON_P384, Service, WITH_RSA},
};

const DAY: Duration = Duration::from_secs(86_400);

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A service, and a signed release with the service's answer about it.
fn stamped(kind: Kind) -> Option<(Service, TempDir)> {
    let Some(service) = Service::new(kind) else {
        skipped("there is no openssl");
        return None;
    };
    let folder = signed();
    stamp(&service, folder.path());
    Some((service, folder))
}

fn stamp(service: &Service, folder: &Path) {
    let (out, request) = (folder.join("out"), folder.join("q.tsq"));
    let _ = fs::remove_file(&request);
    succeed(&["timestamp", "request", text(&out), "-o", text(&request), "-q"]);
    let answer = service.answer(&request);
    succeed(&["timestamp", "attach", text(&out), text(&answer), "-q"]);
}

/// A trust file beside a release: its key with these times, and a service by this certificate of it.
fn trust(folder: &Path, times: &str, service: Option<(&Service, &str)>) -> PathBuf {
    let public = fs::read_to_string(folder.join("key.pub.pem")).unwrap();
    let id = PublicKey::from_pem(&public).unwrap().fingerprint();
    let mut rules = format!(
        "version = 1\n[[key]]\nid = \"{id}\"\npem = \"key.pub.pem\"\nidentity = \"a@b\"\nroles = [\"oms\", \"claim\"]\n{times}\n"
    );
    if let Some((service, certificate)) = service {
        fs::copy(service.path(certificate), folder.join("tsa.pem")).unwrap();
        let print = fingerprint(&folder.join("tsa.pem"));
        rules += &format!("[[tsa]]\npem = \"tsa.pem\"\nsha256 = \"{print}\"\nidentity = \"service\"\n");
    }
    let path = folder.join("trust.toml");
    fs::write(&path, rules).unwrap();
    path
}

/// The SHA-256 of a certificate as openssl has it, with colons.
fn fingerprint(certificate: &Path) -> String {
    let mut openssl = Command::new("openssl");
    let output = openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(certificate).output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    said.trim().split_once('=').unwrap().1.to_owned()
}

/// What the gate would say at a time.
fn findings(folder: &Path, trust: &Path, at: SystemTime) -> Vec<String> {
    let trust = Trust::open(trust).unwrap();
    let found = gate::examine(&folder.join("out"), &trust, None, at, &Silent).unwrap();
    found.findings.iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect()
}

#[test]
fn what_services_stamp_others_accept_and_so_does_the_gate() {
    for kind in [ON_P256, ON_P384, WITH_RSA] {
        let Some((service, folder)) = stamped(kind) else { return };
        let bundle = Bundle::read(&fs::read(folder.path().join("out/model.sig")).unwrap()).unwrap();
        service.put("embedded.tsr", &bundle.stamps()[0]);
        service.put("signature", bundle.signature());
        service.openssl("ts -verify -in embedded.tsr -data signature -CAfile root.pem");
        service.openssl("ts -verify -in embedded.tsr -queryfile request.tsq -CAfile root.pem");
        assert_eq!(judged(folder.path(), "folder", &["out", "key.pub.pem"])["accepted"], true);
        for certificate in ["good.pem", "root.pem"] {
            let rules = trust(folder.path(), "", Some((&service, certificate)));
            let out = folder.path().join("out");
            let output = declass(&["verify", text(&out), "--trust", text(&rules), "--json"]);
            let said: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(
                (output.status.code(), said["signatures"][0]["file"].as_str()),
                (Some(0), Some("model.sig"))
            );
            // One stamp dates both signatures: that of the claim lies under the other.
            for signature in 0..2 {
                assert_eq!(said["signatures"][signature]["stamp"]["tsa"], "service", "{said}");
            }
        }
        let rules = trust(folder.path(), "", None);
        let output =
            declass(&["verify", text(&folder.path().join("out")), "--trust", text(&rules), "--json"]);
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (stamp, ignored) = (&said["signatures"][0]["stamp"], &said["signatures"][0]["ignoredStamps"][0]);
        assert!(stamp.is_null() && ignored.as_str().unwrap().contains("no trusted `[[tsa]]`"), "{said}");
        // @sigstore/verify knows no RSA here.
        if !kind.key.starts_with("EC") {
            continue;
        }
        let (signature, public) = (folder.path().join("out/model.sig"), folder.path().join("key.pub.pem"));
        let chain = ["good.pem", "root.pem"].map(|name| service.path(name));
        let Some(verdict) = node::judge_stamped(&signature, &public, &chain) else { continue };
        assert_eq!(verdict["accepted"], true, "{verdict}");
        let claim = folder.path().join("out").join(CLAIM_FILE);
        assert_eq!(
            node::judge_stamped(&claim, &public, &chain).unwrap()["accepted"],
            false,
            "it has none of its own"
        );
    }
}

#[test]
fn keys_are_judged_at_the_time_of_a_stamp_that_counts() {
    let (Some((service, folder)), Some(other)) = (stamped(ON_P256), Service::new(ON_P256)) else { return };
    let (folder, now) = (folder.path(), SystemTime::now());
    let date = |text: &str, days: u64| format!("{text} = {}T00:00:00Z", day(now + days as u32 * DAY));
    let later = now + 3650 * DAY;
    let expires = date("not_after", 2);
    let revoked = date("revoked_at", 2);
    for times in [&expires, &revoked, &format!("{expires}\n{revoked}")] {
        let trusted = trust(folder, times, Some((&service, "root.pem")));
        assert_eq!(findings(folder, &trusted, later), [""; 0], "{times}");
        for (untrusted, why) in [
            (None, "no trusted `[[tsa]]`"),
            (Some((&other, "root.pem")), "no trusted `[[tsa]]` is or issued `CN=Service`"),
            (Some((&service, "plain.pem")), "no trusted `[[tsa]]`"),
            (Some((&service, "expired.pem")), "no trusted `[[tsa]]`"),
        ] {
            let untrusted = trust(folder, times, untrusted);
            let said = findings(folder, &untrusted, later);
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(said.iter().all(|said| said.starts_with("DC2005")) && said[0].contains(why), "{said:?}");
            assert_eq!(findings(folder, &untrusted, now), [""; 0], "such a stamp changes nothing");
        }
    }
    // Signed, as the stamp shows, when the key did not count, whatever it does by now.
    for times in
        ["not_after = 2020-01-01T00:00:00Z", "revoked_at = 2020-01-01T00:00:00Z", &date("not_before", 2)]
    {
        let trusted = trust(folder, times, Some((&service, "root.pem")));
        assert!(!findings(folder, &trusted, later).is_empty(), "{times}");
    }
    // Another certificate in the place of the one that was reviewed, which nobody would see in the trust
    // file.
    let trusted = trust(folder, &expires, Some((&service, "root.pem")));
    fs::copy(other.path("root.pem"), folder.join("tsa.pem")).unwrap();
    let refused = Trust::open(&trusted).unwrap_err().to_string();
    assert!(refused.contains("`tsa.pem` of `service` cannot be used: its SHA-256 is"), "{refused}");
    // Whoever asks in the past is told nothing of the future.
    let trusted = trust(folder, &expires, Some((&service, "root.pem")));
    assert_eq!(findings(folder, &trusted, now - DAY), [""; 0]);
}

/// The date of a time, such as `2026-11-21`.
fn day(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    declass::register::Time::from_unix(seconds).unwrap().to_string()[..10].to_owned()
}

#[test]
fn a_stamp_dates_nothing_but_its_signature_and_what_a_trusted_one_is_over() {
    let Some((service, folder)) = stamped(ON_P256) else { return };
    let (folder, out) = (folder.path(), folder.path().join("out"));
    let later = SystemTime::now() + 3650 * DAY;
    let times = format!("not_after = {}T00:00:00Z", day(SystemTime::now() + 2 * DAY));
    let rules = trust(folder, &times, Some((&service, "root.pem")));
    assert_eq!(findings(folder, &rules, later), [""; 0]);
    // A stranger signs everything, and has that stamped: it does not make the claim older.
    sign_folder(&out, &ReleaseKey::generate().unwrap(), &Silent).unwrap();
    stamp(&service, folder);
    let said = findings(folder, &rules, later);
    assert!(said.len() == 2 && said[1].contains("expired"), "{said:?}");
    // The answer about another signature, by somebody who writes files.
    let foreign = Bundle::read(&fs::read(out.join("model.sig")).unwrap()).unwrap().stamps()[0].clone();
    let key = ReleaseKey::generate().unwrap();
    sign_release(&out, &key, &Silent).unwrap();
    fs::write(folder.join("key.pub.pem"), key.public().to_pem()).unwrap();
    let rules = trust(folder, &times, Some((&service, "root.pem")));
    assert_eq!(findings(folder, &rules, SystemTime::now()), [""; 0]);
    put_stamp(&out.join("model.sig"), &foreign);
    let said = findings(folder, &rules, later);
    assert!(said.len() == 2 && said[0].contains("it is of something else than this signature"), "{said:?}");
}

/// Puts anything where a stamp should be.
fn put_stamp(bundle: &Path, stamp: &[u8]) {
    use base64ct::{Base64, Encoding};
    let mut json: Value = serde_json::from_slice(&fs::read(bundle).unwrap()).unwrap();
    let stamps = serde_json::json!([{"signedTimestamp": Base64::encode_string(stamp)}]);
    json["verificationMaterial"]["timestampVerificationData"] =
        serde_json::json!({"rfc3161Timestamps": stamps});
    fs::write(bundle, json.to_string()).unwrap();
}

#[test]
fn only_the_answer_to_the_request_is_attached() {
    let Some((service, folder)) = stamped(ON_P256) else { return };
    let out = folder.path().join("out");
    let signature = out.join("model.sig");
    let before = fs::read(&signature).unwrap();
    let refuse = |answer: &Path, why: &str| {
        let output = declass(&["timestamp", "attach", text(&out), text(answer)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(why), "{why}: {said}");
        assert!(fs::read(&signature).unwrap() == before, "{why}");
    };
    // The same answer again changes nothing, one that is signed by other means is as good.
    succeed(&["timestamp", "attach", text(&out), text(&service.path("answer.tsr")), "-q"]);
    assert!(fs::read(&signature).unwrap() == before);
    for (certificate, why) in [
        ("expired", "was not valid at"),
        ("plain", "not for time stamping"),
        ("more", "or not only for that"),
        ("uncritical", "not for time stamping"),
    ] {
        refuse(&service.forge(certificate, |_| {}), why);
    }
    refuse(&service.forge("good", |said| *said.last_mut().unwrap() ^= 1), "nonce");
    let year = |said: &mut Vec<u8>| {
        let at = said.windows(2).position(|pair| pair == [0x18, 15]).unwrap() + 2;
        said[at..at + 4].copy_from_slice(b"2019");
    };
    refuse(&service.forge("good", year), "was not valid at 2019");
    let bundle = Bundle::read(&before).unwrap();
    service.put("signature", bundle.signature());
    for (query, why) in [
        ("-data signature -sha256 -cert", "its nonce is not that of the request"),
        ("-data signature -sha256 -cert -no_nonce", "its nonce is not that of the request"),
        ("-data signature -sha256", "does not carry the certificate"),
        ("-data serial -sha256 -cert", "it is of something else"),
        ("-data signature -sha256 -cert -tspolicy 1.2.3.5", "did not grant the request: Requested policy"),
    ] {
        service.openssl(&format!("ts -query {query} -out {}", text(&service.path("other.tsq"))));
        refuse(&service.answer(&service.path("other.tsq")), why);
    }
    let mut answer = fs::read(service.answer(&request_again(&out, folder.path()))).unwrap();
    *answer.last_mut().unwrap() ^= 1;
    service.put("answer.tsr", &answer);
    refuse(&service.path("answer.tsr"), "its signature is not of the certificate");
    for (bytes, why) in
        [(vec![], "not in order"), (vec![0x30; 100], "not in order"), (vec![0; 1 << 17], "65536")]
    {
        service.put("answer.tsr", &bytes);
        refuse(&service.path("answer.tsr"), why);
    }
    let (asked, said) = service.try_openssl("ts -query -in request.tsq -text");
    assert!(
        asked && said.contains("Hash Algorithm: sha256") && said.contains("Certificate required: yes"),
        "{said}"
    );
}

/// The request again: it is always the same.
fn request_again(out: &Path, folder: &Path) -> PathBuf {
    let [first, second] = ["q.tsq", "again.tsq"].map(|name| folder.join(name));
    succeed(&["timestamp", "request", text(out), "-o", text(&second), "-q"]);
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    second
}
