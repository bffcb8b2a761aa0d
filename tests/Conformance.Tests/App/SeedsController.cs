using Microsoft.AspNetCore.Mvc;

namespace Pomegranate.Conformance.App;

/// <summary>The same through MVC.</summary>
[ApiController]
[Route("mvc")]
public sealed class SeedsController : ControllerBase
{
    [HttpGet("{id:int}")]
    public ActionResult<string[]> Get(int id) => id == 0 ? NotFound() : Enumerable.Repeat("seed", id).ToArray();

    [HttpPost]
    public IActionResult Post([FromForm] string name) => CreatedAtAction(nameof(Get), new { id = 1 }, name);

    [HttpPut("{id:int}")]
    public IActionResult Put(int id, [FromBody] Seed seed) => Ok(new { id, seed.Name });

    [HttpPost("small")]
    [RequestSizeLimit(4)]
    public ActionResult<string> Small([FromBody] string text) => Ok(text);

    [HttpGet("cache")]
    [ResponseCache(Duration = 30, VaryByHeader = "Accept")]
    public ActionResult<string> Cache() => Ok("cache");

    [HttpGet("accept")]
    [Produces("application/json")]
    public ActionResult<string> Accept() => Ok("json always");

    [HttpGet("throw")]
    public ActionResult<string> Throw() => ModelState.IsValid ? throw new InvalidOperationException("boom") : BadRequest();
}

/// <summary>A body to validate.</summary>
public sealed record Seed([property: System.ComponentModel.DataAnnotations.Required] string? Name);

/// <summary>A value that outlives one redirect.</summary>
[Route("tempdata")]
public sealed class NoteController : Controller
{
    [HttpPost("")]
    public IActionResult Leave(string note)
    {
        TempData["note"] = note;
        return RedirectToAction(nameof(Read));
    }

    [HttpGet("")]
    public string Read() => (string?)TempData["note"] ?? "(none)";

    [HttpGet("peek")]
    public string Peek() => (string?)TempData.Peek("note") ?? "(none)";
}
