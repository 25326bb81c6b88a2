//! How each signature is checked with tools of others: commands that can be copied as they stand.

use maud::{Markup, html};

use super::{
    super::{page::folded, page::prose::shown},
    Dossier,
};
use crate::{
    claim::names::CLAIM_FILE,
    register::{Event, own_text},
    sign::SIGNATURE_FILE,
};

pub(super) fn html(dossier: &Dossier<'_>) -> Markup {
    html! {
        p { "Each block runs in an empty folder, with a POSIX shell and what it names; the last line says what it found." }
        h3 { "The entries are in the register" }
        p {
            "The proof below leads from each entry to the root in the checkpoint (RFC 6962): save it as " code { "proof.json" }
            ", and " code { "declass register verify --proof proof.json --vkey removals.vkey" } " checks it. Go's "
            code { "golang.org/x/mod/sumdb/tlog" } " has " code { "CheckRecord" } " for the same. The register's public key, as "
            code { "removals.vkey" } ":"
        }
        pre { (dossier.key.to_string()) }
        (folded("the proof", false, &html! { pre.proof { (shown_json(dossier.proof)) } }))
        h3 { "The register's checkpoint, with openssl" }
        p { "The checkpoint is a C2SP signed note: " code { "golang.org/x/mod/sumdb/note" } " opens it with the key above." }
        pre.openssl { (checkpoint(dossier)) }
        @for event in dossier.events {
            @if let Some(text) = own(event, dossier) {
                h3 { "Entry " (event.seq) ", signed by the one who answers for it, with openssl" }
                pre.openssl { (text) }
            }
        }
        @if dossier.removed.is_some() {
            h3 { "The release" }
            p { "In the folder of the release, with the public key " code { "release.pub.pem" } " of whoever signed it. All files, with OpenSSF model signing:" }
            pre { "model_signing verify key . --signature " (SIGNATURE_FILE) " --public_key ../release.pub.pem" }
            p { "The claim alone, with openssl:" }
            pre.claim { (claim()) }
            p { "A time stamp (RFC 3161), with the certificate of the service:" }
            pre {
                "jq -r '.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp' " (SIGNATURE_FILE) " | base64 -d > stamp.tsr\n"
                "jq -r '.dsseEnvelope.signatures[0].sig' " (SIGNATURE_FILE) " | base64 -d > signature\n"
                "openssl ts -verify -in stamp.tsr -data signature -CAfile ../tsa.pem"
            }
        }
        @if !dossier.witnessed.is_empty() {
            h3 { "What others saw of the register" }
            p {
                "In the register's folder " code { "checkpoints" } ", where " code { "N" } " is the checkpoint of N entries: a time stamp with "
                code { "openssl ts -verify -in N.DIGITS.tsr -data N -CAfile tsa.pem" } "; cosignatures with any reader of C2SP notes that knows "
                code { "cosignature/v1" } ", on " code { "cat N N.cosigned" } "."
            }
        }
    }
}

/// JSON that says the same without a character that could mislead the eye: those are in its strings alone, where they
/// can be written as `\u` and four digits.
fn shown_json(text: &str) -> String {
    let escaped = |c: char| -> String {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    let line = |line: &str| -> String {
        line.chars().map(|c| if misleads(c) { escaped(c) } else { c.to_string() }).collect()
    };
    text.lines().map(|it| line(it) + "\n").collect()
}

/// Whether a character is not shown as it is.
fn misleads(c: char) -> bool {
    let text = c.to_string();
    shown(&text) != text
}

/// Commands that check an Ed25519 signature of a text.
fn ed25519(pem: &str, text: &str, signature: &str) -> String {
    // Where something in the text would mislead the eye, it is written in octal, which `%b` reads.
    let is_plain = !text.lines().any(|line| line.chars().any(misleads));
    let (how, lines): (_, Vec<String>) = if is_plain {
        ("%s", text.lines().map(quoted).collect())
    } else {
        ("%b", text.lines().map(|line| quoted(&octal(line))).collect())
    };
    let key: Vec<String> = pem.lines().map(quoted).collect();
    format!(
        "printf '%s\\n' {} > key.pem\nprintf '{how}\\n' {} > text\necho {} | base64 -d > signature\n\
         openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature",
        key.join(" "),
        lines.join(" \\\n  "),
        quoted(signature)
    )
}

/// A line as `printf '%b'` reads it, in characters that are shown as they are.
fn octal(line: &str) -> String {
    let in_octal = |c: char| c.to_string().bytes().map(|byte| format!("\\0{byte:03o}")).collect();
    line.chars().map(|c| if misleads(c) || c == '\\' { in_octal(c) } else { c.to_string() }).collect()
}

/// A word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn own(event: &Event, dossier: &Dossier<'_>) -> Option<String> {
    let by = event.facts.by.as_ref()?;
    let text = own_text(dossier.origin, &event.facts).ok()?;
    Some(ed25519(&by.key()?.to_pem(), &text, by.signature()?))
}

/// The note's own signature comes behind four bytes that name the key.
fn checkpoint(dossier: &Dossier<'_>) -> String {
    let (text, signatures) = dossier.checkpoint.split_once("\n\n").unwrap_or((dossier.checkpoint, ""));
    let line = signatures.lines().next().unwrap_or_default();
    let encoded = line.rsplit(' ').next().unwrap_or_default();
    ed25519(&dossier.key.to_pem(), text, encoded)
        .replace("base64 -d > signature", "base64 -d | tail -c +5 > signature")
}

/// DSSE's pre-authentication encoding is what is signed of a claim.
fn claim() -> String {
    format!(
        "sed 's/.*\"payload\":\"\\([^\"]*\\)\".*/\\1/' {CLAIM_FILE} | base64 -d > ../claim\n\
         sed 's/.*\"sig\":\"\\([^\"]*\\)\".*/\\1/' {CLAIM_FILE} | base64 -d > ../signature\n\
         {{ printf 'DSSEv1 28 application/vnd.in-toto+json %s ' \"$(wc -c < ../claim | tr -d ' ')\"; cat ../claim; }} > ../signed\n\
         openssl dgst -sha256 -verify ../release.pub.pem -signature ../signature ../signed"
    )
}
