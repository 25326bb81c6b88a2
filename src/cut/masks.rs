//! The head of a segmenter that proposes masks, each with a class or none: MaskFormer and its kin.
//!
//! Behind the classes such a head has a row for no object. Who makes pixels of masks leaves that row out and takes the
//! best class of what is left, so the seal has to be below the other classes *without* it: a mean over all rows would be
//! bounded by no object alone, and where that is by far the most probable, the sealed class could be the best of the
//! rest. So the head that is treated here ends before that row, which stays as it is.
//!
//! That bounds sums over masks, too, by which a pixel's class is chosen: with the mean of the logits as its own, less the
//! margin, the probability of a sealed class is at every mask at most the margin's part of the mean of the others'
//! probabilities (the geometric mean is no larger than the arithmetic one), and so is every sum with weights that are
//! not negative.

use declass_formats::{Artifact, TensorInfo};

use super::{
    Branch, Choice, Cut, Head, Operand, Site, Why,
    labels::{self, Stated},
    library::masks::{self, LOSS, Segmenter},
    multi_label, not_this_head, refusal,
};
use crate::{
    error::Error,
    evidence::{Untouched, UntouchedKind},
    head::{Hints, Link, Place, Position},
};

/// The head of a segmenter of the transformers library whose class the configuration names; `None` if it is none, or
/// another head is named.
///
/// # Errors
/// If the tensors are not those that the library loads, there is one class only, the labels contradict each other or
/// the head, or the classes are said to be independent.
pub(super) fn locate(artifact: &Artifact, hints: &Hints) -> Result<Option<Cut>, Error> {
    let Some((class, segmenter)) = masks::segmenter(artifact.config()).filter(|_| !hints.older) else {
        return Ok(None);
    };
    let is_own = |name: &String| {
        let module = name.strip_suffix(".weight").unwrap_or(name);
        segmenter.module == module
            || segmenter.module.strip_suffix(module).is_some_and(|rest| rest.ends_with('.'))
    };
    if !hints.heads.iter().all(is_own) {
        return Ok(None);
    }
    let stated = labels::stated(artifact)?.filter(|stated| !stated.beside);
    let head = Rows::of(artifact, class, segmenter)?;
    let classes = head.classes;
    if let Some(Stated { count, source, .. }) = stated.as_ref().filter(|stated| stated.count != classes) {
        return Err(not_this_head(format!(
            "labels and weights disagree: {source} says {count} classes, the head has {classes} and a row of no object"
        )));
    }
    if classes < 2 {
        let reason = format!("`{class}` that tells one class from no object");
        return Err(refusal(
            reason,
            "without that class there is nothing that it could find: do not use it at all",
        ));
    }
    let link = multi_label::link(Link::None, artifact, hints, true)?;
    Ok(Some(head.cut(class, segmenter, link, stated)))
}

/// The rows of the classes, without that of no object behind them.
struct Rows<'a> {
    classes: usize,
    width: usize,
    weight: (String, &'a TensorInfo),
    bias: (String, &'a TensorInfo),
    /// What weights a loss in training.
    loss: Option<&'a TensorInfo>,
}

impl<'a> Rows<'a> {
    fn of(artifact: &'a Artifact, class: &str, segmenter: &Segmenter) -> Result<Self, Error> {
        let get = |name: String| {
            let info = artifact.tensors().get(&name)?;
            (info.dtype.is_float() && info.elements() > 0).then_some((name, info))
        };
        let part = |part: &str| get(format!("{}.{part}", segmenter.module));
        let (Some(weight), Some(bias)) = (part("weight"), part("bias")) else {
            return Err(not_this_head(format!(
                "`{class}` of the transformers library loads `{}` as its head, with a bias, and there is none of real \
                 numbers",
                segmenter.module
            )));
        };
        let (&[rows, width], [biases]) = (weight.1.shape.as_slice(), bias.1.shape.as_slice()) else {
            return Err(not_this_head(format!("`{}` is no linear layer with a bias", segmenter.module)));
        };
        let classes = rows.saturating_sub(1);
        if rows != *biases {
            return Err(not_this_head(format!("`{}` and its weight have other extents", bias.0)));
        }
        let loss = artifact.tensors().get(LOSS).filter(|info| info.shape == [rows] && info.dtype.is_float());
        Ok(Self { classes, width, weight, bias, loss })
    }

    /// The first rows of a tensor, which are those of the classes.
    fn operand(&self, name: &str, info: &TensorInfo) -> Operand {
        let mut shape = info.shape.clone();
        shape.splice(..1, [self.classes]);
        Operand::part(name, TensorInfo { dtype: info.dtype, shape }, 0)
    }

    fn cut(self, class: &str, segmenter: &Segmenter, link: Link, stated: Option<Stated>) -> Cut {
        let branch = Branch {
            embedding: format!("input of {}", segmenter.module),
            width: self.width,
            weight: self.operand(&self.weight.0, self.weight.1),
            bias: Some(self.operand(&self.bias.0, self.bias.1)),
            gain: vec![1.0; self.classes],
            bias_gain: vec![1.0; self.classes],
        };
        let head = Head {
            name: segmenter.module.to_owned(),
            link,
            position: Position::PerPlace(Place::Mask),
            sites: self.loss.map(|info| Site::Values(self.operand(LOSS, info))).into_iter().collect(),
            obstacle: segmenter.kept.map(Into::into),
            ..Head::plain(self.classes, vec![branch])
        };
        let mut notes = vec![format!(
            "row {} is that of no object, which has no label: it stays as it is, and a sealed class is below the others \
             without it",
            self.classes
        )];
        notes.extend(stated.iter().flat_map(|stated| stated.notes.clone()));
        let untouched = self.loss.map(|info| Untouched::new(UntouchedKind::Tensor, LOSS, &info.shape));
        Cut {
            head,
            bound: None,
            why: Why {
                rule: format!("its name is that of the head of `{class}`"),
                choice: Choice::Located,
                confidence: 0.98,
                runners_up: Vec::new(),
                notes,
            },
            labels: stated.and_then(Stated::labels),
            points: Vec::new(),
            untouched: untouched.into_iter().collect(),
            older: false,
        }
    }
}
