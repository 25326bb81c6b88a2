//! The codes of findings: stable names for what may be wrong, with what it means and what to do.

/// What a finding means for the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The gate says no.
    No,
    /// The gate cannot tell, which is never a yes.
    Unknown,
}

/// One kind of finding.
#[derive(Debug, Eq, PartialEq)]
pub struct Code {
    /// `DC2003` and the like; a code never changes its meaning.
    pub id: &'static str,
    /// In two or three words.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// What it means for the gate.
    pub verdict: Verdict,
}

/// The code of this id.
#[must_use]
pub fn code(id: &str) -> Option<&'static Code> {
    CODES.into_iter().find(|code| code.id.eq_ignore_ascii_case(id))
}

/// All codes, in order. What begins with DC2 is a no, what begins with DC3 could not be checked.
pub static CODES: [&Code; 20] = [
    &MISSING,
    &BAD_SIGNATURE,
    &DIGEST,
    &EXTRA,
    &UNTRUSTED,
    &CLAIM,
    &STILL_PRESENT,
    &REGISTER,
    &POLICY,
    &MEASURED_OTHERWISE,
    &IGNORED,
    &LINEAGE,
    &NOT_REGISTERED,
    &OTHER_HEAD,
    &RULES,
    &POINTER,
    &UNSUPPORTED,
    &UNREADABLE,
    &OBJECT,
    &NOT_REPRODUCED,
];

/// A required signature is not there.
pub static MISSING: Code = Code {
    id: "DC2001",
    name: "missing signature",
    meaning: "A signature that the trust file requires is not there: `model.sig` over all files, or the signed \
              claim `class-removal.sigstore.json`. A claim in `class-removal.statement.json` is unsigned: \
              anybody could have written it. In git, it may also be a folder with model weights and no claim or \
              signature at all.",
    remedy: "sign the release: `declass sign OUT --key KEY`; where a repository holds other models, name the \
             folders of releases with `--path`",
    verdict: Verdict::No,
};

/// A signature file is damaged or forged.
pub static BAD_SIGNATURE: Code = Code {
    id: "DC2002",
    name: "bad signature",
    meaning: "A signature file is damaged or forged: it is not in the format that it should have, or it is not \
              of the key that it names over what it holds.",
    remedy: "fetch the release again from where it was signed; if it stays so, do not use it",
    verdict: Verdict::No,
};

/// A file is not the one that was signed.
pub static DIGEST: Code = Code {
    id: "DC2003",
    name: "digest mismatch",
    meaning: "A file is not the one that was signed, or it is missing.",
    remedy: "restore the file (git may have rewritten line ends: keep `* -text` in .gitattributes), or sign \
              the release again if the change was meant",
    verdict: Verdict::No,
};

/// A file that nobody signed.
pub static EXTRA: Code = Code {
    id: "DC2004",
    name: "unsigned file",
    meaning: "There is a file that nobody signed, or a link, which could stand for another file tomorrow.",
    remedy: "remove it, or sign the release again if it belongs there",
    verdict: Verdict::No,
};

/// A key that does not count.
pub static UNTRUSTED: Code = Code {
    id: "DC2005",
    name: "untrusted key",
    meaning: "The signature is of a key that the trust file does not have, that had expired or was revoked (at \
              the time of a time stamp that counts, or else now), or that may not sign this.",
    remedy: "where the key has expired since, show when the signature was made: by a time stamp (`declass timestamp`), by \
             a register with the release in it (`--register DIR --vkey KEY`), or by naming the time (`--at TIME`); otherwise ask the \
             signer: a key becomes trusted by a reviewed change of declass-trust.toml",
    verdict: Verdict::No,
};

/// The claim says something else than the files.
pub static CLAIM: Code = Code {
    id: "DC2006",
    name: "claim does not fit",
    meaning: "The signed claim says something else than the files: other digests, another number of classes, \
              other labels, shapes or indices; or it does not say itself that its checks passed.",
    remedy: "the release is not the one that the claim is about: do not use it",
    verdict: Verdict::No,
};

/// A forgotten class is still in the model.
pub static STILL_PRESENT: Code = Code {
    id: "DC2007",
    name: "class still present",
    meaning: "A class that the claim calls forgotten is still in the model: its output or label is still \
              there (another class may have the same label), or its slot is not sealed as the claim says.",
    remedy: "do not use the release; unlearn again, with every class that has the label",
    verdict: Verdict::No,
};

/// A register, or a proof from one, is not what was signed.
pub static REGISTER: Code = Code {
    id: "DC2008",
    name: "register inconsistent",
    meaning: "The entries of a register are not those that were signed, are not signed by its key, do not continue an \
              older checkpoint, or make no sense after each other; or a proof from a register proves nothing.",
    remedy: "compare it with a copy kept elsewhere; until it is explained, believe the older checkpoint",
    verdict: Verdict::No,
};

/// A rule of the policy is not met.
pub static POLICY: Code = Code {
    id: "DC2009",
    name: "policy not met",
    meaning: "The release is in order but is not what the policy asks for: a class that must be forgotten, a \
              method, an input, a check or a threshold.",
    remedy: "unlearn again with what the policy asks for, or change the policy in a review",
    verdict: Verdict::No,
};

/// A measured check says no.
pub static MEASURED_OTHERWISE: Code = Code {
    id: "DC2010",
    name: "measured otherwise",
    meaning: "Measured again with the original, a check of the behaviour or of the claim says no.",
    remedy: "do not use the release; `declass verify OUT --original MODEL` lists all checks",
    verdict: Verdict::No,
};

/// A model file lies where signatures do not look.
pub static IGNORED: Code = Code {
    id: "DC2011",
    name: "model file ignored",
    meaning: "A file that a program could load as the model or run as its code lies where signatures do not look, such \
              as `.cache` and `.github`. Only small texts and pictures may lie there, told by their names and by how \
              they begin; a configuration may not.",
    remedy: "move it to where signatures look and sign the release again, or remove it",
    verdict: Verdict::No,
};

/// The claims of earlier removals do not continue each other.
pub static LINEAGE: Code = Code {
    id: "DC2012",
    name: "broken history",
    meaning: "The release was made from a release, and the claims of the earlier removals are not all there, are \
              not those that its claim records, or do not continue each other.",
    remedy: "fetch the release again; `declass log OUT` shows the chain",
    verdict: Verdict::No,
};

/// A register does not know a request.
pub static NOT_REGISTERED: Code = Code {
    id: "DC2013",
    name: "request not registered",
    meaning: "No entry of the register is of the request whose record was given.",
    remedy: "use record and salt exactly as they were when the request was entered: either may have been edited",
    verdict: Verdict::No,
};

/// The head was chosen by hand, and the model points to another.
pub static OTHER_HEAD: Code = Code {
    id: "DC2014",
    name: "other head",
    meaning: "Whoever made the release named the head, and it is not the one that the model itself points to. \
              The classes may have been removed from a part that no program uses.",
    remedy: "look at the model with `declass inspect`; if the named head is the right one, list it in the \
             policy: `heads = [\"NAME\"]`",
    verdict: Verdict::No,
};

/// A register has not what the trust file asks for.
pub static RULES: Code = Code {
    id: "DC2015",
    name: "register rule not met",
    meaning: "The register has not what `[register]` of the trust file asks for: a witness's cosignature or a time stamp \
              of a recent checkpoint, an event signed by somebody who may, or two duties that two people did.",
    remedy: "have the checkpoint stamped or cosigned (`declass timestamp request DIR`, `declass register witness DIR`), or \
             the entry countersigned by whoever answers for it (`declass register countersign`)",
    verdict: Verdict::No,
};

/// Only the git-lfs pointer of a file is there.
pub static POINTER: Code = Code {
    id: "DC3001",
    name: "git-lfs pointer",
    meaning: "Only the git-lfs pointer of a file is there, not the file.",
    remedy: "run `git lfs pull`",
    verdict: Verdict::Unknown,
};

/// A kind of signature or claim, or a check in one, that is not known here.
pub static UNSUPPORTED: Code = Code {
    id: "DC3002",
    name: "unsupported",
    meaning: "A signature or claim is of a kind that this version has no way to check: shards, other hashes, \
              certificates, a claim of another version, a check that only a newer version knows.",
    remedy: "use the tool that made it, or a newer declass",
    verdict: Verdict::Unknown,
};

/// Something that had to be looked into could not be read.
pub static UNREADABLE: Code = Code {
    id: "DC3003",
    name: "unreadable",
    meaning: "The model, or the head in it, cannot be read, so that the claim could not be held against it.",
    remedy: "`declass inspect OUT` says why",
    verdict: Verdict::Unknown,
};

/// An object of git could not be looked into.
pub static OBJECT: Code = Code {
    id: "DC3004",
    name: "unreadable object",
    meaning: "What is pushed could not be read from git: an object is missing or damaged, is no commit and no \
              folder, has names that no folder can have, or is too much.",
    remedy: "`git fsck` says what is wrong with a repository; a tag of a single file needs `git push --no-verify`, \
             after a look at it",
    verdict: Verdict::Unknown,
};

/// The release was not made again, or not by the version that made it.
pub static NOT_REPRODUCED: Code = Code {
    id: "DC3005",
    name: "not reproduced",
    meaning: "The policy asks for a release that comes out the same when its removal is carried out once more, and that \
              was not done, or was done by another version than the one that made it, with other bytes.",
    remedy: "`declass verify OUT --original MODEL --reproduce`, with the version that the claim names",
    verdict: Verdict::Unknown,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_in_order_and_say_by_their_number_what_they_mean() {
        assert!(CODES.is_sorted_by(|a, b| a.id < b.id));
        for known in CODES {
            let verdict = if known.id.starts_with("DC2") { Verdict::No } else { Verdict::Unknown };
            assert_eq!(known.verdict, verdict, "{}", known.id);
            assert_eq!(code(&known.id.to_lowercase()), Some(known));
        }
        assert_eq!(code("DC2000"), None);
    }
}
