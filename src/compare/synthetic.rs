//! What several heads answer to the same synthetic embeddings.

use candle_core::Device;
use declass_formats::Sha256Digest;

use crate::{
    classes::Forgotten,
    embeddings::Strata,
    error::Error,
    evaluate::{Data, Evaluation, Labelled, Pair, Truth, evaluate},
    head::LinearHead,
    rng::{Address, Purpose},
    space::Space,
};

/// Embeddings of one stratum, of all classes together, at most; and of one class.
const IN_ALL: usize = 10_000;
const EACH: usize = 500;
/// Numbers in all embeddings of all strata together, about: a quarter of a gigabyte.
const VALUES: usize = 1 << 26;
/// How many strata there are.
const STRATA: usize = 5;

/// Draws embeddings at the head of a pair, of every class some, and holds the answers of other heads against its own: all
/// heads read the same embedding and have the same classes in the same order. The figures are those of data without
/// labels, with the first head's answers in their place.
///
/// # Errors
/// [`Error::Compute`] if the arithmetic fails.
pub fn synthetic(
    reference: &Pair,
    others: &[&LinearHead],
    seed: u64,
    device: &Device,
) -> Result<Vec<Evaluation>, Error> {
    let head = &reference.before;
    let all: Vec<&LinearHead> = std::iter::once(head).chain(others.iter().copied()).collect();
    // What no head can see of an embedding is not drawn.
    let space = Space::spanned_by(&all)?;
    let per_class = per_class(&reference.forgotten, space.width());
    let insist = |class| reference.forgotten.contains(class);
    let address = Address { seed, purpose: Purpose::Verification };
    let strata = Strata::draw(head, &space, per_class, insist, address, device)?;
    let (mut embeddings, mut labels) = (Vec::new(), Vec::new());
    strata.each(|_, piece, _| {
        embeddings.extend_from_slice(&piece.values);
        labels.extend(piece.labels.iter().map(|label| *label as usize));
        Ok(())
    })?;
    let bytes: Vec<u8> = embeddings.iter().flat_map(|value| value.to_le_bytes()).collect();
    let test = Labelled {
        path: "synthetic".into(),
        sha256: Sha256Digest::of(&bytes),
        width: space.width(),
        embeddings,
        labels,
        truth: Truth::Answers,
        names: Vec::new(),
    };
    let data = Data { test, train: None };
    let before = space.restrict(head)?;
    let of = |other: &&LinearHead| {
        let pair = Pair { before: before.clone(), after: space.restrict(other)?, ..reference.clone() };
        let found = evaluate(&pair, &data, seed)?;
        // Draws have no names that anybody could look up.
        Ok(Evaluation { changed: Vec::new(), ..found })
    };
    others.iter().map(of).collect()
}

/// How many embeddings each class should get of one stratum: the removed ones as many as there may be, the others their share.
fn per_class(forgotten: &Forgotten, width: usize) -> Vec<usize> {
    let most = (VALUES / STRATA / width.max(1)).clamp(100, IN_ALL);
    let share = |classes: usize| (most / 2 / classes.max(1)).clamp(1, EACH);
    let removed = share(forgotten.as_set().len());
    let classes = forgotten.classes();
    let others = share(classes);
    // Where not every class gets one, some do, evenly spaced.
    let stride = classes.div_ceil(most).max(1);
    let of = |class: usize| match class {
        _ if forgotten.contains(class) => removed,
        _ if class.is_multiple_of(stride) => others,
        _ => 0,
    };
    (0..classes).map(of).collect()
}
