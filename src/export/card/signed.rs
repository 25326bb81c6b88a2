//! What a card says of signatures, which come after it.

use crate::{
    claim::names::{CLAIM_FILE, STATEMENT_FILE},
    export::attestation,
};

/// Nobody has signed the claim.
pub(super) const UNSIGNED: &str = "`class-removal.statement.json` (not signed)";
const SIGNED: &str = "`class-removal.sigstore.json` (signed)";
/// What there is to do about it.
pub(super) const NOBODY: &str =
    "Nobody has signed this model: that it is the publisher's rests on where it was found.\n";
const SOMEBODY: &str = "\
Who signed it, and that every file is as it was signed; the trust file names the publisher's key:

```sh
declass verify . --trust declass-trust.toml
```
";

/// The card of the same release once it is signed; a card that was written by others says what it said.
pub(crate) fn signed_card(card: &str) -> String {
    card.replacen(&attestation(STATEMENT_FILE), &attestation(CLAIM_FILE), 1)
        .replacen(UNSIGNED, SIGNED, 1)
        .replacen(NOBODY, SOMEBODY, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_those_of_a_release() {
        assert!(UNSIGNED.contains(STATEMENT_FILE) && SIGNED.contains(CLAIM_FILE));
        let card = format!("a {UNSIGNED} b\n{NOBODY}c\n");
        assert_eq!(signed_card(&card), format!("a {SIGNED} b\n{SOMEBODY}c\n"));
        assert_eq!(signed_card("somebody's own"), "somebody's own");
    }
}
