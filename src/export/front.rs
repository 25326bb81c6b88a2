//! What the front matter of a card says of a removal, the same in the card of a release and in one that is
//! made of its claim.

use super::yaml::quoted;

/// What hubs find releases by.
pub(crate) const TAGS: [&str; 3] = ["class-removal", "machine-unlearning", "declass"];

/// A removal in front matter.
#[derive(Debug)]
pub(crate) struct RemovalBlock<'a> {
    /// Index and label, if it has one, of every forgotten class.
    pub(crate) forgotten: Vec<(usize, Option<&'a str>)>,
    /// The method.
    pub(crate) method: &'a str,
    /// `keep` or `drop`.
    pub(crate) slot: &'a str,
    /// Whether kept slots are sealed; of dropped ones nothing is said.
    pub(crate) seal: bool,
    /// File name of the claim.
    pub(crate) attestation: &'a str,
}

impl RemovalBlock<'_> {
    /// The entry `class_removal` in YAML, with the line feed at its end.
    pub(crate) fn text(&self) -> String {
        let mut text = "class_removal:\n  forgotten:\n".to_owned();
        for (class, label) in &self.forgotten {
            text += &format!("  - index: {class}\n");
            text.extend(label.map(|label| format!("    label: {}\n", quoted(label))));
        }
        text += &format!("  method: {}\n  slot: {}\n", quoted(self.method), quoted(self.slot));
        if self.slot == "keep" {
            text += &format!("  sealed: {}\n", self.seal);
        }
        text + &attestation(self.attestation)
    }
}

/// The line of the entry that names the claim.
pub(crate) fn attestation(file: &str) -> String {
    format!("  attestation: {}\n", quoted(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_kept_slots_are_sealed_or_not() {
        let said = |slot, seal| {
            let forgotten = vec![(5, Some("a \"b\"\nc: d")), (7, None)];
            RemovalBlock { forgotten, method: "seal", slot, seal, attestation: "claim.json" }.text()
        };
        let classes =
            "class_removal:\n  forgotten:\n  - index: 5\n    label: \"a \\\"b\\\"\\nc: d\"\n  - index: 7\n";
        for (slot, seal, sealed) in [
            ("keep", true, "  sealed: true\n"),
            ("keep", false, "  sealed: false\n"),
            ("drop", false, ""),
            ("drop", true, ""),
        ] {
            let rest =
                format!("  method: \"seal\"\n  slot: \"{slot}\"\n{sealed}  attestation: \"claim.json\"\n");
            assert_eq!(said(slot, seal), format!("{classes}{rest}"));
        }
    }
}
