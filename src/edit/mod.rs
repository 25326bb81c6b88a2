//! From new head weights to the edits of the model's files.
// pub enum Slot { Drop, Keep }
// pub fn edits(artifact: &Artifact, cut: &Cut, before: &LinearHead, after: &LinearHead, forgotten: &BTreeSet<usize>, slot: Slot)
//     -> Result<Edits, Error>
// Rows of `after` that equal `before` bit for bit keep their stored bytes.
