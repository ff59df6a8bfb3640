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
    "{shifted} of {all} columns changed by more than their margins": "{all} 列中有 {shifted} 列的变化超过各自的容限",
    "No column changed by more than its margin": "没有任何一列的变化超过其容限",
    "No column is seen to have changed by more than its margin": "未发现变化超过其容限的列",
    "Margins of their own: {margins} bits.": "另有各自容限的列：{margins} 比特。",
    "margin": "容限",
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
    "{lacking} of the {files} files of {table} lack this column ({first}): their rows count as NULL": (
        "{table} 的 {files} 个文件中有 {lacking} 个缺少此列（{first}）：其各行计为 NULL"
    ),
    "the files of {table} differ in type: {rare} in {first}, {usual} in others; read as {common}": (
        "{table} 的各文件类型不一：{first} 中为 {rare}，其他文件中为 {usual}；按 {common} 读取"
    ),
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
    "the profiles hold different cells, so that counts are not exact: D over {groups} cells is at most {below} bits "
    "below and {above} bits above the debiased figure; the interval allows for it. Profiles on the same cells "
    "(--like), or of more cells (--cells), say more": (
        "两份概要的分箱不同，计数并非精确：{groups} 个分箱上的 D 至多比去偏值低 {below} 比特、高 {above} 比特，"
        "区间已计入；使用相同分箱（--like）或更多分箱（--cells）的概要能给出更多信息"
    ),
    "the two profiles hold different things of it (a key on one side, or values read in another way): profile the "
    "second table on the first one's cells (kl.profile(table, like=profile), kullback profile TABLE --like PROFILE)": (
        "两份概要对该列保存的内容不同（一侧为键，或取值的读法不同）：请用第一份概要的分箱为第二张表建立概要"
        "（kl.profile(table, like=profile)，kullback profile TABLE --like PROFILE）"
    ),
    "a key in some of the profiles and none in others: nothing to take together; make them on the cells of one of them "
    "(like=, --like)": "在部分概要中为键，在其他概要中不是：无法合并；请用其中一份的分箱建立概要（like=，--like）",
    "texts are cut to {length} characters; those that then agree are one": (
        "文本截至 {length} 个字符；截断后相同者视为一个"
    ),
    "values and cells of fewer than {rows} rows are not kept by themselves": "少于 {rows} 行的取值与分箱不单独保留",
    "fewer than {rows} rows have a value: nothing of it is kept": "有值的行少于 {rows}：不予保留",
    "no test, as the counts are not exact": "未检验，因计数并非精确",
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

_GROUPS = {
    "Windows of {by}": "按 {by} 划分的时间窗",
    "Groups of {by}": "按 {by} 划分的组",
    "Each is held against {group}.": "每一个都与 {group} 相比。",
    "Each is held against all others together.": "每一个都与其余全部相比。",
    "Each is held against the whole reference.": "每一个都与整个参照相比。",
    "Each is held against the same one of the reference.": "每一个都与参照中的同一个相比。",
    "Each is held against the one before.": "每一个都与前一个相比。",
    "Of {cells} cells, each a column of one of them, {shifted} are shifted and {similar} similar.": (
        "共 {cells} 格（其中一个的某一列），{shifted} 格已变化，{similar} 格相近。"
    ),
    "{count} windows at a time are taken together.": "每 {count} 个时间窗合并为一。",
    "What differs where": "何处不同",
    "The {columns} worst columns and {groups} heaviest groups; all others are in the JSON.": (
        "此处为变化最大的 {columns} 列与行数最多的 {groups} 组；其余见 JSON。"
    ),
    "columns by groups": "各列与各组",
    "shifted; the stronger, the more bits": "已变化；颜色越深，比特越多",
    "group": "组",
    "shifted columns": "已变化的列",
    "farthest": "差异最大",
    "Mean Jensen-Shannon divergence over the columns: the fainter, the more alike; the strongest is {bits} bits.": (
        "各列 Jensen-Shannon 散度的均值：颜色越浅越相近，最深为 {bits} 比特。"
    ),
    "Which are alike": "哪些彼此相近",
    "distances between groups": "各组之间的距离",
    "The other {count} are in the JSON.": "其余 {count} 列见 JSON。",
    "farthest: {bits} bits at {window}": "最大处：{window}，{bits} 比特",
    "{window} (between {low} and {high})": "{window}（在 {low} 与 {high} 之间）",
    "Changes at": "变点：",
    "bits over time": "随时间变化的比特",
    # Notes and headlines of groups
    "Monday": "星期一",
    "Tuesday": "星期二",
    "Wednesday": "星期三",
    "Thursday": "星期四",
    "Friday": "星期五",
    "Saturday": "星期六",
    "Sunday": "星期日",
    "NULL": "NULL",
    "the {count} heaviest groups one by one, all others taken together": (
        "逐一比较行数最多的 {count} 组，其余合并为一组"
    ),
    "rows with NULL in {column} are a group of their own": "{column} 为 NULL 的行自成一组",
    "windows of {width}, chosen by the span of {column}": "时间窗宽度 {width}，按 {column} 的跨度选定",
    "windows begin and end by UTC": "时间窗按 UTC 起止",
    "rows without a time or number in {column} belong to no window": ("{column} 中没有时间或数值的行不属于任何时间窗"),
    "the matrix holds the {count} heaviest groups": "矩阵包含行数最多的 {count} 组",
    "{group}: {headline}": "{group}：{headline}",
    "the reference is {reference}, the current side {group}, the group that differs most of {groups}": (
        "参照为 {reference}，当前一侧为 {group}，即 {groups} 组中差异最大的一组"
    ),
    "no two groups to compare": "没有可以比较的两组",
    "nearly every value is distinct: a key is not compared between groups": "几乎每个取值都不相同：键不在组间比较",
    "the previous window of {by}": "{by} 的前一个时间窗",
    "{column} = {group}": "{column} = {group}",
    "all other windows of {by}": "{by} 的其余时间窗",
    "all other groups of {by}": "{by} 的其余各组",
    "groups of {by} in {table}": "{table} 中按 {by} 划分的组",
}

_TARGET = {
    "a profile does not hold it together with the target": "概要中没有它与目标的联合计数",
    "the two profiles hold it on different cells": "两份概要中它的单元不同",
    "all finite values": "所有有限取值",
    "The target itself: {change}": "目标本身：{change}",
    "covariate: D(x), the column itself shifted": "协变量：D(x)，列本身发生变化",
    "concept: D(y|x), the target given the column shifted": "概念：D(y|x)，给定该列时目标发生变化",
    "label: D(y), the target itself shifted": "标签：D(y)，目标本身发生变化",
    "D(x|y): the column given the target shifted": "D(x|y)：给定目标时该列发生变化",
    "column x": "列 x",
    "D(x, y) in bits, split in both orders": "D(x, y)（比特），按两种次序拆分",
    "covariate": "协变量",
    "concept": "概念",
    "where": "何处",
    "Shifts of the target y = {target}": "目标 y = {target} 的变化",
    "adds to D(y|x), bits": "对 D(y|x) 的贡献（比特）",
    "the target there": "此处的目标",
    "slice by slice": "逐段查看",
    "{count} more columns are in the JSON.": "另有 {count} 列见 JSON。",
    "Not split, as they are keys, constant or cannot be compared:": "因是键、常量或无法比较而未拆分：",
    "{value}: {before} → {after}": "{value}：{before} → {after}",
    "where {column} is {slice}, {target} {change}": "{column} 为 {slice} 处，{target} {change}",
    "{share} of it where {column} is {slice}: {target} {change}": (
        "其中 {share} 在 {column} 为 {slice} 处：{target} {change}"
    ),
    "{column} {change}": "{column} {change}",
    "plug-in over the cells of both columns; debiased with ½ added to each group of cells of which the smaller side "
    "expects 10 rows; interval by scaled noncentral {law}": (
        "以两列的分箱作插入估计；去偏时将较小一侧期望满 10 行的每组分箱各加 ½；区间由缩放的非中心 {law} 分布得出"
    ),
    "chi-squared": "卡方",
    "F from units": "F（由单位估计）",
}

_PAIRS = {
    "{count} pairs were dropped in merging, as not all profiles hold them on the same cells: {pairs}": (
        "合并时舍去了 {count} 对列，因为并非所有概要都以相同的单元保存它们：{pairs}"
    ),
    "pairs were dropped, as they go together with neither suppress_below nor text_length": (
        "成对计数已舍去，因为它们与 suppress_below 和 text_length 都不能并用"
    ),
    "Pairs of columns": "成对的列",
    "The dependence of {shifted} of {judged} pairs changed by more than the margin.": (
        "{judged} 对列中有 {shifted} 对的相依性变化超过容限。"
    ),
    "columns": "列",
    "which cells": "哪些分箱",
    "{count} more pairs are in the JSON.": "另有 {count} 对见 JSON。",
    "Filled: more rows than the reference's dependence would give. Framed: fewer.": (
        "填充：行数多于参照的相依性所应有；仅有边框：少于所应有。"
    ),
    "mutual information {reference} → {current} bits; {x} {cell} with {y} {other}: {before} expected, {after} found": (
        "互信息 {reference} → {current} 比特；{x} {cell} 与 {y} {other}：预期 {before}，实际 {after}"
    ),
    "D of the current table from the reference fitted to the current margins, over cells of which the smaller side "
    "expects 10 rows, with ½ added to each; Benjamini-Hochberg over {candidates} pairs": (
        "当前表相对于拟合到当前边缘的参照表的 D，取较小一侧期望满 10 行的分箱，各加 ½；"
        "对 {candidates} 对作 Benjamini-Hochberg 校正"
    ),
    "{judged} of {candidates} pairs were judged: those whose odds ratio changed most surely with each column cut in "
    "two": "{candidates} 对中判定了 {judged} 对：即每列分为两半时优势比变化最确凿者",
    "only the first {count} columns were looked at": "只查看了前 {count} 列",
}

_WHOLE_ROWS = {
    "Whole rows": "整行",
    "Whole rows are {bits} bits apart, D(current‖reference), interval {low} to {high}; p = {chance}.": (
        "整行的 D(current‖reference) 为 {bits} 比特，区间 {low} 至 {high}；p = {chance}。"
    ),
    "Estimated on {current} current rows and {reference} of the reference, over {columns} columns.": (
        "由 {current} 行当前数据和 {reference} 行参照数据估计，涉及 {columns} 列。"
    ),
    "The best single column: {name}, {bits} bits.": "单列中相差最大者：{name}，{bits} 比特。",
    "Bits of a row: log2 of how much likelier it is among current rows than in the reference.": (
        "行的比特数：它出现在当前行中的可能性与参照中之比的 log2。"
    ),
    "Current rows that look most like the reference": "最像参照的当前行",
    "Current rows that look least like the reference": "最不像参照的当前行",
    "Rows of the reference that look most like the current table": "最像当前表的参照行",
    "Rows of the reference that look least like the current table": "最不像当前表的参照行",
    "cross-fitted odds of boosted trees and a quadratic logistic regression on a sample of rows": (
        "在抽样行上，由提升树与二次逻辑回归交叉拟合的优势比"
    ),
    "{columns}: hardly a value is on both sides, with them whole rows are infinitely far apart; left out": (
        "{columns}：几乎没有两侧共有的值，计入则整行相距无穷远；已略去"
    ),
    "{count} columns with the least divergence are left out": "散度最小的 {count} 列已略去",
    "a lower bound: {rows} sampled rows a side do not bound it from above, and never certify more than about {limit} "
    "bits": "仅为下界：每侧 {rows} 行样本不能给出上界，且至多能证实约 {limit} 比特",
    "whole units are dealt into folds, and the interval is that of units": "按整个单位分折，区间为单位的区间",
    "Why": "原因",
    "segment": "区段",
    "share of the bits": "占比特的份额",
    "share of the rows": "占行的份额",
    "bits within": "区段内比特",
    "Together {share} of the bits, interval {low} to {high}, in {rows} of the rows.": (
        "合计占比特的 {share}，区间 {low} 至 {high}，占行的 {rows}。"
    ),
    "whole rows are not seen to differ: there is nothing to explain": "未见整行有差异：无可解释",
    "{share} of the bits are {segments}": "{share} 的比特来自 {segments}",
    "no small explanation: the shift is spread over the rows": "没有简短的解释：偏移分散于各行",
    "no small explanation: the best segments hold {share} of the bits in {rows} of the rows": (
        "没有简短的解释：最佳区段以 {rows} 的行占 {share} 的比特"
    ),
    "{columns}: hardly a value is on both sides; they name the sides and explain nothing": (
        "{columns}：几乎没有两侧共有的值；它们只标明所属一侧，不能解释什么"
    ),
    "shares are those of the bits that the sample shows; there may be more": "份额仅就样本所见的比特而言；实际可能更多",
}

_HISTORY = {
    "Today and past windows": "今日与历史窗口",
    "normal": "正常",
    "unusual": "异常",
    "undecided": "无法判定",
    "new": "新警报",
    "ongoing": "持续中",
    "accepted": "已接受",
    "resolved": "已解除",
    "days": "天",
    "hours": "小时",
    "weeks": "周",
    "months": "月",
    "windows": "个窗口",
    "{number}th": "第 {number}",
    "{number}st": "第 {number}",
    "{number}nd": "第 {number}",
    "{number}rd": "第 {number}",
    "{bits} bits, {rank} percentile of {count} {unit}, {state}": (
        "{bits} 比特，位于 {count} {unit}中的{rank} 百分位，{state}"
    ),
    "{summary}: {change}": "{summary}：{change}",
    "{bits} bits; needs at least {needed} past {unit}, has {count}": (
        "{bits} 比特；至少需要 {needed} {unit}的历史，现有 {count}"
    ),
    "no figure: the window or its past holds no row": "无数值：该窗口或其历史没有任何行",
    "{shifted} of {all} columns are unusual beside their past": "{all} 列中有 {shifted} 列与其历史相比异常",
    "There are too few past windows to tell": "历史窗口太少，无法判定",
    "No column is unusual beside its past": "没有任何列与其历史相比异常",
    "Bits are D(current‖past): what a row of today costs more in the words of the {pool} windows before it. A column "
    "is shifted where its figure is unusual among those of past windows, each held against the windows before it.": (
        "比特为 D(当前‖历史)：用此前 {pool} 个窗口的语言描述今日一行所多付的代价。"
        "若某列的数值在历史窗口（每个都与其之前的窗口相比）的数值中异常，则判为已变化。"
    ),
    "Windows are held against those of their own season: {season}.": "各窗口只与同季节的窗口相比：{season}。",
    "Level {alpha} for each column: chance alone makes {expected} columns unusual.": (
        "每列的水平为 {alpha}：仅凭偶然平均有 {expected} 列异常。"
    ),
    "p-value over all columns together: {chance}.": "就全部列一并而言的 p 值：{chance}。",
    "The fixed reference beside it assumes independent rows.": "旁边的固定参照假定各行独立。",
    "The line joins past windows, the thick line is today; the band holds all but the most unusual of the past. "
    "These figures are not debiased, those of the list are.": (
        "折线为历史窗口，粗线为今日；色带涵盖历史中除最异常者以外的全部数值。这些数值未去偏，列表中的则已去偏。"
    ),
    "since {window}, {alarms} of {windows} windows unusual": "自 {window} 起，{windows} 个窗口中有 {alarms} 个异常",
    "beside the fixed reference {bits} bits, {verdict}": "与固定参照相比 {bits} 比特，{verdict}",
    "figures of past windows and of today": "历史窗口与今日的数值",
    "today {bits} bits": "今日 {bits} 比特",
}

CHINESE = (
    _WORDS
    | _WHOLE_ROWS
    | _TOP
    | _COLUMN
    | _HEADLINES
    | _METHODS
    | _NOTES
    | _GROUPS
    | _END
    | _TARGET
    | _PAIRS
    | _HISTORY
)
