"""Chinese for everything that the page says: English sentence to Chinese sentence, with the same parts."""

_WORDS = {
    # Verdicts and kinds
    "all": "全部",
    "shifted": "已变化",
    "inconclusive": "无法判定",
    "similar": "相近",
    "key": "键",
    "constant": "常量",
    "undefined": "无法比较",
    "numeric": "数值",
    "category": "类别",
    "boolean": "布尔",
    "date": "日期",
    "datetime": "日期时间",
    "time": "时间",
    "duration": "时长",
    "unsupported": "不支持",
    # Headings
    "column": "列",
    "kind": "类型",
    "verdict": "结论",
    "bits": "比特",
    "interval": "区间",
    "debiased": "去偏",
    "{level} interval": "{level} 区间",
    "what changed most": "变化最大之处",
    "cell": "分箱",
    "value": "取值",
    "rows": "行数",
    "share": "占比",
    "share of rows": "行占比",
    "adds, bits": "贡献（比特）",
    "reference rows": "参照行数",
    "current rows": "当前行数",
    "reference share": "参照占比",
    "current share": "当前占比",
    "D(current‖reference)": "D(当前‖参照)",
    "D(reference‖current)": "D(参照‖当前)",
    "D(current‖reference), debiased": "D(当前‖参照)，去偏",
    "Jensen-Shannon": "Jensen-Shannon 散度",
    "p-values": "p 值",
    "Units": "单位",
    "design effect": "设计效应",
    "(no name)": "（无名称）",
}

_TOP = {
    "Comparison of two tables": "两张表的比较",
    "{shifted} of {all} columns changed by more than {margin} bits": (
        "{all} 列中有 {shifted} 列的变化超过 {margin} 比特"
    ),
    "No column changed by more than {margin} bits": "没有任何一列的变化超过 {margin} 比特",
    "No column is seen to have changed by more than {margin} bits": "未发现变化超过 {margin} 比特的列",
    "None of the columns can be judged": "没有可以判定的列",
    "for {count} the rows do not suffice to tell.": "另有 {count} 列因行数不足而无法判定。",
    ";": "；",
    ".": "。",
    "reference: what was expected": "参照：预期的情形",
    "current: what happened": "当前：实际的情形",
    "{rows} rows": "{rows} 行",
    "{rows} rows, by their weights worth {effective}": "{rows} 行，按权重折合 {effective} 行",
    "Bits are D(current‖reference): what a current row costs more in the words of the reference. A column is shifted "
    "above {margin} bits, and at most {alpha} of such calls are false; intervals hold {level}.": (
        "比特数即 D(当前‖参照)：用参照表的语言描述当前表的一行要多花多少比特。超过 {margin} 比特的列判为已变化，"
        "此类结论中误判至多占 {alpha}；区间的置信水平为 {level}。"
    ),
    "Assumes independent rows.": "假定各行相互独立。",
    "Takes whole units of {columns} as independent, not rows: {reference} in the reference, {current} in the current "
    "table, {shared} in both.": (
        "以 {columns} 的整个单位（而非行）为独立：参照表 {reference} 个，当前表 {current} 个，两表共有 {shared} 个。"
    ),
    "Design effects: {low} to {high} times the spread of as many independent rows.": (
        "设计效应：离散程度为同样多独立行的 {low} 至 {high} 倍。"
    ),
    "Seed {seed}.": "随机种子 {seed}。",
    "Changes of structure": "结构变化",
    "only in the current table": "仅当前表有",
    "only in the reference": "仅参照表有",
    "type changed": "类型改变",
    "name used more than once": "名称重复",
    "type not supported": "类型不受支持",
    "and {count} more": "以及另外 {count} 个",
    "Show": "显示",
    "Search": "搜索",
    "name or change; press /": "列名或变化；按 / 键",
    "{shown} of {all} columns": "{all} 列中的 {shown} 列",
    "Columns, worst first": "各列，变化大者在前",
    "The {opened} worst columns open; everything about the other {more} is in the JSON.": (
        "变化最大的 {opened} 列可以展开；其余 {more} 列的全部内容见 JSON。"
    ),
}

_COLUMN = {
    "{share} on new values": "{share} 落在新取值上",
    "too few rows to see any shift": "行数太少，看不出任何变化",
    "would have seen {bits} bits": "本可看出 {bits} 比特的变化",
    "both distributions": "两个分布",
    "Distribution": "分布",
    "Not on the axis": "未画在轴上",
    "What adds most": "贡献最大的分箱",
    "Values, by what they add": "各取值，按贡献排列",
    "Shapes of the texts": "文本的形状",
    "Equal areas are equal shares of the rows.": "面积相等，行占比即相等。",
    "Stems are single values, as high as their share.": "竖线为单个取值，高度为其占比。",
    "Below the axis: where the bits come from.": "轴下方：比特来自何处。",
    "Together {bits} bits: D(current‖reference) of the observed shares.": "合计 {bits} 比特：观测占比的 D(当前‖参照)。",
    "{count} other cells": "其余 {count} 个分箱",
    "all other cells": "其余所有分箱",
    "all others": "其余所有",
    "more in the JSON": "更多见 JSON",
    "New values: {share} of the current rows ({low} to {high})": "新取值：占当前行的 {share}（{low} 至 {high}）",
    "Gone values: {share} of the reference rows ({low} to {high})": "消失的取值：占参照行的 {share}（{low} 至 {high}）",
    "All counts ({count})": "全部计数（{count}）",
    "Cells of the debiased figure and its interval ({count})": "去偏值及其区间所用的分箱（{count}）",
    "{level} interval {low} to {high}": "{level} 区间：{low} 至 {high}",
    "{level} interval {low} to {high}, widened for the selection": "{level} 区间：{low} 至 {high}，已因筛选而加宽",
    "∞: some current rows hold what the reference never had.": "∞：当前表的一些行含有参照表从未出现过的取值。",
    "Too few rows to see any shift.": "行数太少，看不出任何变化。",
    "A shift of {bits} bits would have been seen with a chance of 80 %.": (
        "若变化达到 {bits} 比特，有 80 % 的机会被看出。"
    ),
    "Observed shares, as they are": "观测占比，未作修正",
    "debiased, with ½ added to each cell": "去偏，每个分箱加 ½",
    "D ≤ {margin} bits, over all columns": "D ≤ {margin} 比特，全部列一并校正",
    "D ≤ {margin} bits, this column alone": "D ≤ {margin} 比特，仅本列",
    "D = 0, for information": "D = 0，仅供参考",
    "Notes": "备注",
    "Method: {method}": "方法：{method}",
}

_HEADLINES = {
    "{value} {before} → {after}": "{value} {before} → {after}",
    "mean {before} → {after}": "均值 {before} → {after}",
    "median {before} → {after}": "中位数 {before} → {after}",
    "middle half {before} → {after}": "中间一半 {before} → {after}",
    "always {value}": "恒为 {value}",
    "{before} distinct → {after}": "互异值占比 {before} → {after}",
    "NULL {before} → {after}, {more}": "NULL {before} → {after}，{more}",
    "{keys}, {share} of the current keys known": "{keys}，当前键中 {share} 已见于参照",
    "{value}… ({count} characters)": "{value}…（{count} 个字符）",
    "all other values": "其余所有取值",
    "all other values ({count} or more distinct)": "其余所有取值（至少 {count} 种）",
    "{count} lighter values": "{count} 个较少见的取值",
}

_METHODS = {
    "plug-in over {cells}; debiased with ½ added to each of {groups} cells; interval by {law}; p(D = 0) by {test}": (
        "按{cells}代入；去偏值在 {groups} 个分箱上各加 ½；区间依据{law}；p(D = 0) 依据{test}"
    ),
    "{count} distinct values": " {count} 个互异值",
    "{count} cells at pooled quantiles": "合并分位数处的 {count} 个分箱",
    "{count} values": " {count} 个取值",
    "the {count} heaviest values and the rest": "最常见的 {count} 个取值与其余",
    "scaled noncentral chi-squared": "经缩放的非中心卡方分布",
    "scaled noncentral F from units": "由单位得出的经缩放的非中心 F 分布",
    "one cell": "单个分箱",
    "G, chi-squared": " G 检验（卡方）",
    "Fisher exact": " Fisher 精确检验",
    "G, at most 999 permutations": " G 检验（至多 999 次置换）",
    "G over nested halves": "逐级二分的 G 检验",
    "G over {cells}, {draws} permutations of units": "{cells}的 G 检验，对单位作 {draws} 次置换",
    "nested halves": "逐级二分",
    "the cells": "各分箱",
    "one value": "单个取值",
    "key: uniqueness and overlap": "键：唯一性与重合度",
    "key: uniqueness, overlap and the divergence of the shapes of the texts": "键：唯一性、重合度与文本形状的散度",
}

_NOTES = {
    "D(current‖reference) is infinite: {share} of the current rows lie where the reference has none ({where})": (
        "D(当前‖参照) 为无穷大：当前行中有 {share} 落在参照表没有行的地方（{where}）"
    ),
    "at least {share}": "至少 {share}",
    "counted by {cells}: merging values can only lower a divergence, and what the unlisted values add is unknown": (
        "按{cells}计数：合并取值只会降低散度，未列出取值的贡献未知"
    ),
    "debiased figure and interval stand on {groups} of {cells} cells, light values merged: a lower bound of D": (
        "去偏值与区间建立在 {cells} 个分箱并成的 {groups} 个分箱上，较少见的取值已合并：这是 D 的下界"
    ),
    "texts that are no numbers count as NaN: {reference} of the reference, {current} of the current rows": (
        "不是数的文本计为 NaN：参照行的 {reference}，当前行的 {current}"
    ),
    "{share} of the rows read like numbers, the rest like missing ones: try {hint}": (
        "{share} 的行看似数字，其余看似缺失值：可试 {hint}"
    ),
    "{share} of the rows read like numbers but are written as text: try --as {name}=numeric": (
        "{share} 的行看似数字却存为文本：可试 --as {name}=numeric"
    ),
    "distinct values per row: {reference} in the reference, {current} in the current table: a key on one side only": (
        "每行互异值：参照表 {reference}，当前表 {current}：仅一侧是键"
    ),
    "overlap of the keys is unknown: a profile does not keep them": "键的重合度未知：概要文件不保存键",
    "{shared} of {distinct} distinct current keys occur in the reference": (
        "{distinct} 个互异的当前键中有 {shared} 个见于参照表"
    ),
    "range {before} → {after}": "范围 {before} → {after}",
    "the two profiles were counted on different cells; profile the second table on the first one's cells "
    "(kl.profile(table, like=profile), kullback profile TABLE --like PROFILE)": (
        "两个概要按不同的分箱计数；请按第一个概要的分箱为第二张表建立概要"
        "（kl.profile(table, like=profile)，kullback profile TABLE --like PROFILE）"
    ),
    "values of type {types} are not compared: unnest them into columns first": (
        "{types} 类型的取值不作比较：请先将其展开为列"
    ),
    "the type changed from {before} to {after}, so the values cannot be compared as they are; take both as text with "
    "--as {name}=category or as numbers with --as {name}=numeric": (
        "类型由 {before} 变为 {after}，取值无法直接比较；可用 --as {name}=category 将两者都作为文本，"
        "或用 --as {name}=numeric 都作为数值"
    ),
    "{before} in the reference, {after} in the current table: compared as {common}": (
        "参照表为 {before}，当前表为 {after}：按{common}比较"
    ),
    "64-bit floats": " 64 位浮点数",
    "whole numbers": "整数",
    "exact whole numbers": "精确整数",
    "text": "文本",
}

_END = {
    "How to read this page": "如何阅读本页",
    "D(current‖reference): how many bits a row of the current table costs more when it is described in the words of "
    "the reference. 0 is no change, 0.02 is what some 2,500 rows a side can tell from nothing, 1 is another world.": (
        "D(当前‖参照)：用参照表的语言描述当前表的一行要多花多少比特。0 表示没有变化，"
        "0.02 是每侧约 2,500 行刚好能看出的变化，1 则是另一个世界。"
    ),
    "Two samples of the same rows do not have a divergence of 0; what chance alone adds is taken off, with ½ added to "
    "each cell.": "同一总体的两个样本，其散度并不为 0；去偏即在每个分箱加 ½ 后，扣除仅由偶然带来的部分。",
    "Where the divergence lies, both tables being samples.": "散度所在的范围；两张表都视为样本。",
    "The divergence is above the margin, beyond the play of chance over all columns together.": (
        "散度超过容限，且就全部列一并而言并非偶然所致。"
    ),
    "The rows do not suffice to tell. The line says which shift they would have shown.": (
        "行数不足以判定；该行写明本可看出多大的变化。"
    ),
    "The whole interval is below the margin.": "整个区间都在容限以下。",
    "Nearly every value is distinct: uniqueness, overlap and the shapes of the texts are compared instead.": (
        "几乎每个取值都不相同：改为比较唯一性、重合度与文本的形状。"
    ),
    "Both tables hold one and the same value.": "两张表都只有同一个取值。",
    "The columns of the two tables cannot be compared. The notes say why.": "两张表的这一列无法比较，原因见备注。",
    "The current table holds values that the reference never had, so no finite number of bits describes them in its "
    "words. Nothing is added to make it finite.": (
        "当前表含有参照表从未出现过的取值，用参照表的语言无法以有限的比特描述它们。这里没有为使其有限而添加任何东西。"
    ),
    "Names, categories and the edges of cells are real values of the data: share this page as you would share the "
    "data.": ("列名、类别与分箱的边界都是数据中的真实取值：请像对待数据本身一样对待本页。"),
}

CHINESE = _WORDS | _TOP | _COLUMN | _HEADLINES | _METHODS | _NOTES | _END
