//! What is left to rebuild a forgotten class from, with nothing but the released files.
//!
//! The gradient of a softmax's cross-entropy sums to zero over the classes, so the sum of all rows stays
//! where it started and weight decay takes it to zero; rows of a well trained head form a simplex around the
//! origin (neural collapse; Papyan, Han and Donoho 2020). Hence `w_f = -Σ w_r` and `b_f = -Σ b_r` over the
//! retained classes; where several classes are forgotten the sum is all that is known, and each gets an equal
//! part of it. And a file may simply hold the head once more: [`super::copies`].

use super::{
    copies::{self, Copy, Search},
    models::Model,
    recognition::Recognition,
    sample::{Outcomes, Sample},
};
use crate::{
    classes::{Forgotten, Labels, describe},
    error::Error,
    evidence::{Change, Check, Definition, Figure, Origin, Outcome, Side},
    head::LinearHead,
    removal::Removal,
};

pub(super) static DEFINITION: Definition = Definition {
    id: "restoration",
    version: 2,
    number: None,
    formula: "copies: tensors other than the head that hold the row of a forgotten class of the original up to a \
              factor (cosine >= 0.99) at any place, in steps of one element or of an extent, integers as numbers and \
              as bytes of float types, where no more than one in a hundred models has such a row by chance (short \
              rows: a cosine as near to 1 as that takes, in tensors that do not count as searched); and \
              tensors of the head's extents that hold it with most retained rows beside it; none allowed; rebuilt \
              row: w_f = -sum w_r, b_f = -sum b_r over the retained classes, and how often it recognises the class",
    origin: Origin::Synthetic,
    data: "the tensors of the released files, as many as are said to be searched; gaussian synthetic embeddings that \
           the original gives the class",
    shows: "what is left in the released files to rebuild the class from, without data",
    not_shown: "rows in pieces, packed, in sums or in low bits of other weights; restoration from data: a few \
                examples give a new row, since the features are unchanged",
};

pub(super) fn check(
    models: &Change<Model<'_>>,
    candidate: &LinearHead,
    sample: &Sample,
    recognition: Recognition<'_>,
    removal: &Removal,
) -> Result<Check, Error> {
    let labels = models.before.cut.labels.as_ref();
    let found = copies::find(models, removal.forgotten())?;
    let gaussian = sample.gaussian_forgotten(removal.forgotten());
    let now = gaussian.judge(candidate, recognition)?;
    let rebuilt = gaussian.judge(&rebuilt(candidate, removal.forgotten()), recognition)?;
    let summary = match found.copies.as_slice() {
        [] => format!("{}; {}", none(&found), from_the_sum(&now, &rebuilt, labels)),
        [copy, ..] => still_there(copy, found.copies.len(), labels),
    };
    let copies = found.copies.len();
    let mut figures = vec![Figure::new("copies", copies as f64, "rows").on(Side::After).against(0.0)];
    figures.push(Figure::new("searched", found.searched as f64, "tensors").on(Side::After));
    figures.push(Figure::new("not-searched", found.left as f64, "tensors").on(Side::After));
    for (now, rebuilt) in now.forgotten.iter().zip(&rebuilt.forgotten) {
        let rate =
            |value, side| Figure::new("recognised", value, "rate").of_class(now.class).on(side).of(now.count);
        // By construction: they are the embeddings that the original gives the class.
        figures.push(rate(1.0, Side::Before));
        figures.push(rate(now.rate(), Side::After));
        figures.push(rate(rebuilt.rate(), Side::After).in_stratum("rebuilt-row"));
    }
    let outcome = if copies == 0 { Outcome::Informative } else { Outcome::Failed };
    Ok(Check { definition: &DEFINITION, outcome, summary, figures })
}

/// How far the search went that found nothing.
fn none(search: &Search) -> String {
    match (search.searched, search.left) {
        (0, 0) => "no other tensor is as large as a row of the head".to_owned(),
        (0, _) => {
            "no copy of the head is among the tensors of its extents, and no exact one of a forgotten row where that can \
             be told; others were not searched"
                .to_owned()
        }
        (1, 0) => "the other tensor as large does not hold the row of a removed class".to_owned(),
        (1, left) => format!(
            "the other tensor that was searched does not hold the row of a removed class, {left} were not searched"
        ),
        (all, 0) => format!("none of the {all} other tensors as large holds the row of a removed class"),
        (some, left) => {
            format!(
                "none of {some} other tensors holds the row of a removed class, {left} were not searched"
            )
        }
    }
}

fn still_there(copy: &Copy, count: usize, labels: Option<&Labels>) -> String {
    let class = describe(copy.class, labels);
    let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
    format!("class {class} is still in the file: tensor `{}` holds its row{more}", copy.tensor)
}

/// The class that comes back most.
fn from_the_sum(now: &Outcomes, rebuilt: &Outcomes, labels: Option<&Labels>) -> String {
    let pairs = now.forgotten.iter().zip(&rebuilt.forgotten);
    let Some((now, rebuilt)) = pairs.max_by(|a, b| a.1.rate().total_cmp(&b.1.rate())) else {
        return "no draw reached a removed class".to_owned();
    };
    let class = describe(now.class, labels);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    format!(
        "a row rebuilt from those of the other classes would bring back {} of {class} (now {})",
        percent(rebuilt.rate()),
        percent(now.rate())
    )
}

/// The head with the forgotten rows made of the retained ones.
fn rebuilt(candidate: &LinearHead, forgotten: &Forgotten) -> LinearHead {
    let (row, bias) = candidate.mean(forgotten.retained());
    let factor = -(forgotten.retained().count() as f64) / forgotten.indices().count() as f64;
    let mut head = candidate.clone();
    for class in forgotten.indices() {
        head.row_mut(class).iter_mut().zip(&row).for_each(|(w, mean)| *w = (mean * factor) as f32);
        head.bias[class] = (bias * factor) as f32;
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centred_head_gives_every_forgotten_row_back() {
        let weight = vec![1.0, 2.0, -3.0, 0.5, 2.0, -2.5];
        let head = LinearHead { classes: 3, width: 2, weight, bias: vec![1.0, -3.0, 2.0], has_bias: true };
        let mut sealed = head.clone();
        sealed.row_mut(1).fill(9.0);
        sealed.bias[1] = -30.0;
        let one = Forgotten::resolve(&["1"], 3, None).unwrap();
        assert_eq!(rebuilt(&sealed, &one), head);
        let two = Forgotten::resolve(&["0", "1"], 3, None).unwrap();
        let both = rebuilt(&sealed, &two);
        assert_eq!((both.row(0), both.row(1), both.bias[0]), (&[-1.0, 1.25][..], &[-1.0, 1.25][..], -1.0));
    }
}
