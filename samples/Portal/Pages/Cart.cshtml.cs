using Microsoft.AspNetCore.Mvc;
using Pomegranate.Backend.Sessions;
using Portal.Shopping;

namespace Portal.Pages;

/// <summary>
/// What is in the cart: change it, empty it, order it. Each of them once, even if the node dies in the middle: the
/// visitor gets the answer, not "it may have run".
/// </summary>
[ExactlyOnce]
public sealed class CartModel : SessionPageModel
{
    /// <summary>Sets how many of a product there are.</summary>
    public IActionResult OnPostQuantity(string? id, int quantity)
    {
        if (Catalogue.Find(id) is not { } product)
        {
            return NotFound();
        }

        Cart.Set(product, quantity);
        return RedirectToPage();
    }

    /// <summary>Empties the cart.</summary>
    public IActionResult OnPostClear()
    {
        Cart.Clear();
        Message = "Your cart is empty again.";
        return RedirectToPage();
    }

    /// <summary>Orders what is in the cart, for visitors who have said who they are.</summary>
    public IActionResult OnPostOrder()
    {
        if (User.Identity is not { IsAuthenticated: true, Name: var name })
        {
            Message = "Tell us who you are, then order: your cart waits.";
            return RedirectToPage("/SignIn", new { returnUrl = Url.Page("/Cart") });
        }

        var (count, total) = (Cart.Count, Cart.Total);
        Cart.Clear();
        Message = $"Thank you, {name}: {count} {(count == 1 ? "thing" : "things")} for {total}, on the way.";
        return RedirectToPage();
    }
}
