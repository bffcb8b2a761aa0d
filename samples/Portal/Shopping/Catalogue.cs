namespace Portal.Shopping;

/// <summary>What the shop sells. The same on every node: it is code, not state.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<Product> Products { get; } =
    [
        new("fruit", "One ripe pomegranate", "Heavy for its size, leathery outside, six hundred seeds inside. Give or take.", 250),
        new("seeds", "Bowl of arils", "Somebody else did the peeling. Nothing was lost on the way to the bowl.", 490),
        new("juice", "Pressed juice", "Cold, dark and a little sharp. Half a litre, four fruits.", 620),
        new("molasses", "Molasses", "Juice boiled until it pours like honey. For dressings and for courage.", 880),
        new("jam", "Breakfast jam", "Set softly, with whole seeds in every spoonful.", 540),
        new("tea", "Blossom tea", "Dried flowers and peel. Tastes of late afternoon.", 720),
        new("soap", "Seed oil soap", "Cold-pressed oil, cured for six weeks, smells of red.", 690),
        new("sapling", "A sapling of your own", "Fruits in its third year. Patience is not included.", 2400),
    ];

    public static Product? Find(string? id) => Products.FirstOrDefault(product => product.Id == id);
}
