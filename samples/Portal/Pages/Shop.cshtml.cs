using Microsoft.AspNetCore.Mvc;
using Portal.Shopping;

namespace Portal.Pages;

/// <summary>The products, each with a button that puts one into the cart.</summary>
public sealed class ShopModel : SessionPageModel
{
    /// <summary>Adds one of a product.</summary>
    public IActionResult OnPost(string? id)
    {
        if (Catalogue.Find(id) is not { } product)
        {
            return NotFound();
        }

        Cart.Add(product);
        Message = $"{product.Name}: in your cart.";
        return RedirectToPage();
    }
}
