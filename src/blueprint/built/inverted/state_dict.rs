//! MobileNetV2 and EfficientNet as torchvision and timm have them: the tensors say all but the strides, which are
//! those of the papers.

use super::{
    super::{
        layers::Square,
        maker::{Maker, Parts},
        settings::Made,
        unit::Unit,
    },
    Block, Gate, Network,
};

/// More blocks than a stage has.
const MOST: usize = 64;
/// By which each stage makes the map smaller.
const STRIDES: [usize; 7] = [1, 2, 2, 2, 1, 2, 1];
/// How many blocks the stages of MobileNetV2 have.
const REPEATS: [usize; 7] = [1, 2, 3, 4, 3, 3, 1];

/// Names of a convolution and of the norm behind it.
type Pair = [String; 2];

/// Names of what a block reads.
struct Names {
    wide: Option<Pair>,
    each: Pair,
    gate: Option<Pair>,
    narrow: Pair,
}

/// Names of what stands around the blocks, and how all are computed.
struct Around {
    stem: Pair,
    last: Pair,
    head: &'static str,
    epsilon: f64,
    activation: &'static str,
    /// Whether maps are padded as TensorFlow does.
    by_tensorflow: bool,
}

/// Whether the tensors have torchvision's names of MobileNetV2.
pub(in super::super) fn is_mobilenet(maker: &Maker<'_>) -> bool {
    ["features.0.0.weight", "features.1.conv.0.0.weight", "features.18.0.weight", "classifier.1.weight"]
        .iter()
        .all(|name| maker.has(name))
}

/// Whether the tensors have torchvision's names of EfficientNet, the first version.
pub(in super::super) fn is_efficientnet(maker: &Maker<'_>) -> bool {
    ["features.0.0.weight", "features.1.0.block.1.fc1.weight", "features.8.0.weight", "classifier.1.weight"]
        .iter()
        .all(|name| maker.has(name))
}

/// MobileNetV2 as torchvision has it.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn torchvision_mobilenet(maker: Maker<'_>) -> Made<Parts> {
    let around = Around {
        stem: pair("features.0.0", "features.0.1"),
        last: pair("features.18.0", "features.18.1"),
        head: "classifier.1",
        epsilon: 1e-5,
        activation: "relu6",
        by_tensorflow: false,
    };
    let firsts: Vec<usize> =
        REPEATS.iter().scan(1, |next, count| Some(std::mem::replace(next, *next + count))).collect();
    let names = |maker: &Maker<'_>, stage: usize, at: usize| {
        (at < REPEATS[stage]).then(|| {
            let name = format!("features.{}.conv", firsts[stage] + at);
            // The first block does not widen.
            let is_wide = maker.has(&format!("{name}.3.weight"));
            let part =
                |first: &str, second: &str| pair(&format!("{name}.{first}"), &format!("{name}.{second}"));
            Names {
                wide: is_wide.then(|| part("0.0", "0.1")),
                each: if is_wide { part("1.0", "1.1") } else { part("0.0", "0.1") },
                gate: None,
                narrow: if is_wide { part("2", "3") } else { part("1", "2") },
            }
        })
    };
    around.network(&maker, names)?.build(maker)
}

/// EfficientNet as torchvision has it, the first version.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn torchvision_efficientnet(maker: Maker<'_>) -> Made<Parts> {
    let [last, ..] = maker.extents::<4>("features.8.0.weight")?;
    // The larger models add more to their spreads.
    let epsilon = match last {
        1280 | 1408 | 1536 | 1792 => 1e-5,
        2048 | 2304 | 2560 => 1e-3,
        other => {
            return Err(format!(
                "a last convolution of {other} channels, which no model of torchvision has, is not built"
            ));
        }
    };
    let around = Around {
        stem: pair("features.0.0", "features.0.1"),
        last: pair("features.8.0", "features.8.1"),
        head: "classifier.1",
        epsilon,
        activation: "silu",
        by_tensorflow: false,
    };
    let names = |maker: &Maker<'_>, stage: usize, at: usize| {
        let name = format!("features.{}.{at}.block", stage + 1);
        let part = |at: usize, first: &str, second: &str| {
            pair(&format!("{name}.{at}.{first}"), &format!("{name}.{at}.{second}"))
        };
        let is_wide = maker.has(&format!("{name}.3.0.weight"));
        let from = usize::from(is_wide);
        maker.has(&format!("{name}.0.0.weight")).then(|| Names {
            wide: is_wide.then(|| part(0, "0", "1")),
            each: part(from, "0", "1"),
            gate: Some(part(from + 1, "fc1", "fc2")),
            narrow: part(from + 2, "0", "1"),
        })
    };
    around.network(&maker, names)?.build(maker)
}

/// MobileNetV2 as timm has it.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn timm_mobilenet(maker: Maker<'_>) -> Made<Parts> {
    timm(maker, 1e-5, "relu6", false)
}

/// EfficientNet as timm has it; of weights that come from TensorFlow maps are padded as there.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn timm_efficientnet(maker: Maker<'_>, by_tensorflow: bool) -> Made<Parts> {
    timm(maker, if by_tensorflow { 1e-3 } else { 1e-5 }, "silu", by_tensorflow)
}

fn timm(maker: Maker<'_>, epsilon: f64, activation: &'static str, by_tensorflow: bool) -> Made<Parts> {
    let around = Around {
        stem: pair("conv_stem", "bn1"),
        last: pair("conv_head", "bn2"),
        head: "classifier",
        epsilon,
        activation,
        by_tensorflow,
    };
    let names = |maker: &Maker<'_>, stage: usize, at: usize| {
        let name = format!("blocks.{stage}.{at}");
        let part = |first: &str, second: &str| pair(&format!("{name}.{first}"), &format!("{name}.{second}"));
        let is_wide = maker.has(&format!("{name}.conv_pwl.weight"));
        let has_gate = maker.has(&format!("{name}.se.conv_reduce.weight"));
        maker.has(&format!("{name}.conv_dw.weight")).then(|| Names {
            wide: is_wide.then(|| part("conv_pw", "bn1")),
            each: part("conv_dw", if is_wide { "bn2" } else { "bn1" }),
            gate: has_gate.then(|| part("se.conv_reduce", "se.conv_expand")),
            narrow: if is_wide { part("conv_pwl", "bn3") } else { part("conv_pw", "bn2") },
        })
    };
    around.network(&maker, names)?.build(maker)
}

impl Around {
    fn network(
        &self,
        maker: &Maker<'_>,
        names: impl Fn(&Maker<'_>, usize, usize) -> Option<Names>,
    ) -> Made<Network<'static>> {
        let [embedded, channels, ..] = maker.extents::<4>(&weight(&self.stem[0]))?;
        let mut blocks: Vec<Block> = Vec::new();
        let mut before = embedded;
        for (stage, stride) in STRIDES.into_iter().enumerate() {
            for (at, names) in (0..MOST).map_while(|at| names(maker, stage, at)).enumerate() {
                let block = self.block(maker, names, before, if at == 0 { stride } else { 1 })?;
                before = block.narrow.channels[1];
                blocks.push(block);
            }
        }
        let [last, ..] = maker.extents::<4>(&weight(&self.last[0]))?;
        Ok(Network {
            channels,
            stem: self.unit(&self.stem, [channels, embedded], 3, 2, 1),
            blocks,
            last: self.unit(&self.last, [before, last], 1, 1, 1),
            epsilon: self.epsilon,
            activation: ("act_layer", self.activation),
            by_largest: false,
            head: self.head,
        })
    }

    fn block(&self, maker: &Maker<'_>, names: Names, inputs: usize, stride: usize) -> Made<Block> {
        let [inner, _, side, _] = maker.extents(&weight(&names.each[0]))?;
        let [outputs, ..] = maker.extents::<4>(&weight(&names.narrow[0]))?;
        let gate = match &names.gate {
            Some([narrow, wide]) => {
                let [squeezed, ..] = maker.extents::<4>(&weight(narrow))?;
                Some(Gate { narrow: narrow.clone(), wide: wide.clone(), width: inner, inner: squeezed })
            }
            None => None,
        };
        Ok(Block {
            wide: names.wide.map(|wide| self.unit(&wide, [inputs, inner], 1, 1, 1)),
            each: self.unit(&names.each, [inner; 2], side, stride, inner),
            gate,
            narrow: self.unit(&names.narrow, [inner, outputs], 1, 1, 1),
            is_beside: stride == 1 && inputs == outputs,
        })
    }

    fn unit(
        &self,
        [convolution, norm]: &Pair,
        channels: [usize; 2],
        side: usize,
        stride: usize,
        groups: usize,
    ) -> Unit {
        let square = Square { groups: groups.max(1), ..Square::same(side, stride) };
        let pads = square.pads.filter(|_| !self.by_tensorflow);
        Unit {
            convolution: convolution.clone(),
            norm: norm.clone(),
            channels,
            square: Square { pads, ..square },
        }
    }
}

fn pair(convolution: &str, norm: &str) -> Pair {
    [convolution.to_owned(), norm.to_owned()]
}

fn weight(name: &str) -> String {
    format!("{name}.weight")
}
