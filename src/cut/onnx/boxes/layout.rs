//! Which results of an operator are the classes, where it makes other numbers of a box, too.
//!
//! Nothing in a graph says which of two numbers that are treated alike is a class. What is known is how detectors are
//! built: NanoDet's operator makes the classes and then the distances to the sides, and takes the classes out alone to
//! make them probabilities; YOLO's makes four numbers of the box, how sure it is that there is one, and the classes,
//! for each anchor, and takes the last two out together. A layout is tried against the graph, and only one that
//! the graph cuts at those places is taken.

use declass_formats::TensorInfo;

use super::super::super::{Operand, Source};

/// Most anchors of one operator.
const MOST_ANCHORS: usize = 16;

/// Numbers in front of the classes in YOLO: those of the box, and how sure it is that there is one.
const BEFORE: usize = 5;

/// How the results of an operator lie: `[anchors, before + classes + others]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Layout {
    pub(super) anchors: usize,
    /// Results of each anchor.
    pub(super) each: usize,
    /// Results in front of the classes.
    pub(super) before: usize,
    pub(super) classes: usize,
}

/// A range of entries of the axis that has all classes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Taken {
    /// Entries in front of the classes.
    pub(super) front: usize,
    /// Entries behind them.
    pub(super) behind: usize,
    /// Whether its entries had become probabilities before.
    pub(super) squashed: bool,
}

impl Layout {
    /// Results that are all classes.
    pub(super) fn plain(classes: usize) -> Self {
        Self { anchors: 1, each: classes, before: 0, classes }
    }

    /// The layouts in which so many results may hold so many classes beside other numbers.
    pub(super) fn mixed(width: usize, classes: usize) -> impl Iterator<Item = Self> {
        let first = Self { anchors: 1, each: width, before: 0, classes };
        let anchored = (1..=MOST_ANCHORS).filter(move |anchors| width.is_multiple_of(*anchors));
        let yolo =
            anchored.map(move |anchors| Self { anchors, each: width / anchors, before: BEFORE, classes });
        [first].into_iter().chain(yolo).filter(|it| it.before + it.classes <= it.each)
    }

    pub(super) fn is_plain(&self) -> bool {
        *self == Self::plain(self.classes)
    }

    /// Whether the graph takes the classes out as it has to: with how sure a YOLO is, or alone, before they become
    /// probabilities.
    pub(super) fn fits(&self, taken: Taken) -> bool {
        let front = usize::from(self.before == BEFORE);
        taken.front == front && taken.behind == 0 && (self.before == BEFORE || !taken.squashed)
    }

    /// What a reader should know of it.
    pub(super) fn said(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.anchors > 1 {
            said.push(format!(
                "its operators make {} numbers for each of {} anchors: each anchor has rows of its own, and all lose the classes",
                self.each, self.anchors
            ));
        }
        if self.before == 0 && !self.is_plain() {
            said.push(
                "the graph takes the first of its numbers out alone and makes these, and no others, probabilities, as NanoDet does: \
                 that they are the classes is taken from how NanoDet is built"
                    .into(),
            );
        }
        if self.before == BEFORE {
            said.push(
                "the graph cuts its numbers where YOLO does: that the first of what it takes out is how sure a box is, and the \
                 classes follow, is taken from how YOLO is built"
                    .into(),
            );
        }
        said
    }

    /// What the head of an anchor is called: which of the results of the operator are the classes.
    pub(super) fn name(&self, title: &str, anchor: usize) -> String {
        if self.is_plain() {
            return title.to_owned();
        }
        let first = anchor * self.each + self.before;
        let last = first + self.classes - 1;
        format!("{title}, rows {first} to {last} of {}", self.results())
    }

    /// All results.
    pub(super) fn results(&self) -> usize {
        self.anchors * self.each
    }

    /// The rows of the classes in a tensor with one for each result, for each anchor; `None` if it is stored in another
    /// way.
    pub(super) fn rows(&self, whole: &Operand) -> Option<Vec<Operand>> {
        if self.is_plain() {
            return Some(vec![whole.clone()]);
        }
        let is_stored = matches!(whole.source, Source::Stored) && whole.axis == 0;
        if !is_stored || whole.info.shape.first() != Some(&self.results()) {
            return None;
        }
        let row: usize = whole.info.shape.iter().skip(1).product();
        let mut shape = whole.info.shape.clone();
        shape[0] = self.classes;
        let part = |anchor: usize| {
            let info = TensorInfo { dtype: whole.info.dtype, shape: shape.clone() };
            Operand::part(&whole.tensor, info, (anchor * self.each + self.before) * row)
        };
        Some((0..self.anchors).map(part).collect())
    }
}

#[cfg(test)]
mod tests {
    use declass_formats::Dtype;

    use super::*;

    #[test]
    fn layouts_are_those_that_have_room_for_the_classes() {
        let all: Vec<Layout> = Layout::mixed(30, 5).collect();
        let anchored = |anchors, each| Layout { anchors, each, before: 5, classes: 5 };
        let first = Layout { anchors: 1, each: 30, before: 0, classes: 5 };
        assert_eq!(all, [first, anchored(1, 30), anchored(2, 15), anchored(3, 10)]);
    }

    #[test]
    fn the_rows_of_each_anchor_lie_behind_its_box() {
        let info = TensorInfo { dtype: Dtype::F32, shape: vec![30, 4, 1, 1] };
        let layout = Layout { anchors: 3, each: 10, before: 5, classes: 5 };
        let parts = layout.rows(&Operand::stored("weight", &info, 0)).unwrap();
        let first = |operand: &Operand| match operand.source {
            Source::Part { first } => first,
            _ => usize::MAX,
        };
        assert_eq!(parts.iter().map(first).collect::<Vec<_>>(), [20, 60, 100]);
        assert!(parts.iter().all(|part| part.info.shape == [5, 4, 1, 1]));
        assert!(layout.rows(&Operand::stored("weight", &info, 1)).is_none());
        assert_eq!(layout.name("conv", 1), "conv, rows 15 to 19 of 30");
        assert_eq!(Layout::plain(5).name("conv", 0), "conv");
    }
}
