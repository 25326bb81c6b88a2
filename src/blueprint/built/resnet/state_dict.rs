//! ResNet, ResNeXt and Wide ResNet as torchvision and timm have them: the tensors say all but the strides.

use super::{
    super::{
        layers::Square,
        maker::{Maker, Parts},
        settings::Made,
        unit::Unit,
    },
    Block, Network,
};

/// More blocks than any stage has.
const MOST: usize = 256;

/// Whether the tensors have the names of such a network.
pub(in super::super) fn is_one(maker: &Maker<'_>) -> bool {
    ["conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "layer4.0.conv1.weight", "fc.weight"]
        .iter()
        .all(|name| maker.has(name))
}

/// The graph of a network.
///
/// # Errors
/// In words: the tensor that is not built.
pub(in super::super) fn build(maker: Maker<'_>) -> Made<Parts> {
    let [embedded, channels, ..] = maker.extents::<4>("conv1.weight")?;
    let mut blocks = Vec::new();
    let mut before = embedded;
    for stage in 1..=4 {
        let names = (0..MOST).map(|at| format!("layer{stage}.{at}"));
        for (at, name) in names.take_while(|name| maker.has(&format!("{name}.conv1.weight"))).enumerate() {
            let stride = if at == 0 && stage > 1 { 2 } else { 1 };
            let block = block(&maker, &name, before, stride)?;
            before = block.units.last().map_or(before, |unit| unit.channels[1]);
            blocks.push(block);
        }
    }
    let stem = Unit {
        convolution: "conv1".to_owned(),
        norm: "bn1".to_owned(),
        channels: [channels, embedded],
        square: Square::same(7, 2),
    };
    let activation = ("act_layer", "relu");
    Network { channels, stem, blocks, activation, head: "fc", width: before }.build(maker)
}

fn block(maker: &Maker<'_>, name: &str, inputs: usize, stride: usize) -> Made<Block> {
    let is_deep = maker.has(&format!("{name}.conv3.weight"));
    let outputs = |at: usize| -> Made<[usize; 4]> { maker.extents(&format!("{name}.conv{at}.weight")) };
    let unit = |at: usize, channels: [usize; 2], square: Square| Unit {
        convolution: format!("{name}.conv{at}"),
        norm: format!("{name}.bn{at}"),
        channels,
        square,
    };
    let units = if is_deep {
        let ([first, ..], [second, share, ..], [third, ..]) = (outputs(1)?, outputs(2)?, outputs(3)?);
        let groups = first.checked_div(share).filter(|groups| *groups > 0);
        let groups = groups.ok_or_else(|| format!("`{name}.conv2.weight` is not built"))?;
        vec![
            unit(1, [inputs, first], Square::same(1, 1)),
            unit(2, [first, second], Square { groups, ..Square::same(3, stride) }),
            unit(3, [second, third], Square::same(1, 1)),
        ]
    } else {
        let ([first, ..], [second, ..]) = (outputs(1)?, outputs(2)?);
        vec![unit(1, [inputs, first], Square::same(3, stride)), unit(2, [first, second], Square::same(3, 1))]
    };
    let outputs = units.last().map_or(inputs, |unit| unit.channels[1]);
    let shortcut = (inputs != outputs || stride != 1).then(|| Unit {
        convolution: format!("{name}.downsample.0"),
        norm: format!("{name}.downsample.1"),
        channels: [inputs, outputs],
        square: Square::same(1, stride),
    });
    Ok(Block { units, shortcut })
}
