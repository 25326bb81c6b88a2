//! Operators that pool over positions.

use super::{
    attr::Attr,
    before::Before,
    behind::{Behind, Pooling, Statistic, Window},
    kernel::{Kernel, Pool},
    operator::Operator,
    roles::Results,
    rules::same_rank,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[
            Attr::Text("auto_pad"),
            Attr::Int("ceil_mode"),
            Attr::Int("count_include_pad"),
            Attr::Ints("dilations"),
            Attr::Ints("kernel_shape"),
            Attr::Ints("pads"),
            Attr::Ints("strides"),
        ],
        kernel: Kernel::Pool(Pool::Mean),
        ..pool("AveragePool", Statistic::Mean, Window::Part)
    },
    Operator {
        kernel: Kernel::Pool(Pool::MeanOfAll),
        ..pool("GlobalAveragePool", Statistic::Mean, Window::All)
    },
    Operator {
        kernel: Kernel::Pool(Pool::LargestOfAll),
        ..pool("GlobalMaxPool", Statistic::Largest, Window::All)
    },
    Operator {
        attributes: &[
            Attr::Text("auto_pad"),
            Attr::Int("ceil_mode"),
            Attr::Ints("dilations"),
            Attr::Ints("kernel_shape"),
            Attr::Ints("pads"),
            Attr::Int("storage_order"),
            Attr::Ints("strides"),
        ],
        results: Results::First,
        kernel: Kernel::Pool(Pool::Largest),
        ..pool("MaxPool", Statistic::Largest, Window::Part)
    },
];

const fn pool(name: &'static str, statistic: Statistic, window: Window) -> Operator {
    let behind = Behind::Pooled(Pooling { statistic, window });
    Operator { rank: same_rank, before: Before::KEEPS_SIGN, behind, ..Operator::standard(name, 1, 1) }
}
